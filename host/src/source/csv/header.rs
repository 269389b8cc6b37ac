//! The header of a CSV file: names, and the types that go with them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};

use crate::batch::ColumnType;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::Types;
use crate::source::columns::TextColumn;
use crate::source::csv::fields::QuotedFields;

/// The columns of a CSV file.
pub(super) struct Header {
    delimiter: u8,
    names: Vec<String>,
    types: Vec<ColumnType>,
    schema: SchemaRef,
}

impl Header {
    /// Makes names of the header record.
    ///
    /// # Errors
    /// A name is missing, stands twice or is not text. `place` is that of the input.
    pub(super) fn parse(record: &[u8], delimiter: u8, types: &Types, place: Place) -> Result<Self, Error> {
        let place = Place { line: Some(1), ..place };
        let names = names(record, delimiter).map_err(|problem| DataError { place: place.clone(), problem })?;
        if let Some(problem) = twice(&names) {
            return Err(DataError { place, problem }.into());
        }
        let types: Vec<_> = names.iter().map(|name| types.get(name).copied().unwrap_or(ColumnType::Text)).collect();
        let fields = names.iter().zip(&types).map(|(name, column_type)| Field::new(name, column_type.arrow(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { delimiter, names, types, schema })
    }

    /// What stands between two fields.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The names in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The types in order.
    pub(super) fn types(&self) -> &[ColumnType] {
        &self.types
    }

    /// The columns that every batch has.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

fn names(record: &[u8], delimiter: u8) -> Result<Vec<String>, DataProblem> {
    let mut names = Vec::new();
    for field in QuotedFields::of(record, delimiter) {
        let mut name = TextColumn::with_capacity(1, 0);
        field.push_to(&mut name)?;
        let name = String::from_utf8(name.get(0).to_vec()).map_err(|_| DataProblem::NotUtf8)?;
        if name.contains('\0') {
            return Err(DataProblem::Nul);
        }
        names.push(name);
    }
    match names.iter().position(String::is_empty) {
        Some(unnamed) => Err(DataProblem::UnnamedColumn { position: unnamed.saturating_add(1) }),
        None => Ok(names),
    }
}

/// The positions alone: where the header is missing the names are data.
fn twice(names: &[String]) -> Option<DataProblem> {
    let mut positions = HashMap::new();
    let mut named = (1..).zip(names);
    named.find_map(|(second, name)| {
        positions.insert(name, second).map(|first| DataProblem::DuplicateColumn { first, second })
    })
}

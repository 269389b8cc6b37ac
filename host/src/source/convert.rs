//! From the columns of a typed file to those of a batch: without metadata but what says what they are, and
//! in the types that the policy gives.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_cast::{can_cast_types, cast};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use crate::batch::{BatchPlace, ColumnType, label_metadata};
use crate::cast::cast_exactly;
use crate::error::{DataError, DataProblem, Error, Place};
use crate::source::Types;
use crate::source::parse::parse;

/// What happens to each column of a typed file.
pub(super) struct Conversion {
    columns: Vec<Column>,
    schema: SchemaRef,
}

struct Column {
    /// The type in the file, without metadata.
    plain: DataType,
    /// The type that the policy gives.
    given: Option<ColumnType>,
}

impl Conversion {
    /// Looks at the columns of a file.
    ///
    /// # Errors
    /// The policy gives a type to a column that cannot have it, or metadata cannot be taken off a column.
    pub(super) fn new(schema: &Schema, types: &Types, input: &str) -> Result<Self, Error> {
        let (mut columns, mut fields) = (Vec::new(), Vec::new());
        for field in schema.fields() {
            let (found, plain) = (field.data_type(), without_metadata(field.data_type()));
            let refused = |why: String| {
                let place = Place { input: input.into(), column: Some(field.name().clone()), ..Place::default() };
                Error::Usage(format!("{place}: {why}"))
            };
            if found != &plain && !can_cast_types(found, &plain) {
                return Err(refused(format!("{plain} has metadata inside, which no rule masks; write it without")));
            }
            let given = types.get(field.name()).copied();
            let wanted = given.map_or_else(|| plain.clone(), |given| in_type(&plain, given));
            if let (Some(given), false) = (given, can_cast_types(&plain, &wanted)) {
                return Err(refused(format!("{plain} cannot be read as {given}; take it out of `types`")));
            }
            fields.push(Field::new(field.name(), wanted, field.is_nullable()).with_metadata(label_metadata(field)));
            columns.push(Column { plain, given });
        }
        Ok(Self { columns, schema: Arc::new(Schema::new(fields)) })
    }

    /// The columns of every batch.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Converts the columns of some rows.
    ///
    /// # Errors
    /// A value is not of the type that the policy gives to its column.
    pub(super) fn apply(&self, batch: &RecordBatch, place: &BatchPlace) -> Result<RecordBatch, Error> {
        let columns = self.columns.iter().zip(self.schema.fields()).zip(batch.columns());
        let converted = columns.map(|((column, field), array)| {
            let array = plain(array, &column.plain)?;
            let Some(given) = column.given else { return Ok(array) };
            given_type(&array, given, field.data_type()).map_err(|row| {
                let place = Place { column: Some(field.name().clone()), ..place.row(row) };
                DataError { place, problem: DataProblem::NotOfType(given) }.into()
            })
        });
        let converted = converted.collect::<Result<_, Error>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), converted, &options)
            .map_err(|_| Error::Internal("the columns of a typed file do not fit its schema"))
    }
}

/// A type in the place of that of the values, or of the elements where they are lists.
fn in_type(found: &DataType, given: ColumnType) -> DataType {
    match found {
        DataType::List(_) => DataType::List(Arc::new(Field::new_list_field(given.arrow(), true))),
        _ => given.arrow(),
    }
}

fn plain(array: &ArrayRef, plain: &DataType) -> Result<ArrayRef, Error> {
    if array.data_type() == plain {
        return Ok(array.clone());
    }
    cast(array, plain).map_err(|_| Error::Internal("metadata cannot be taken off a column"))
}

/// Text is read as in the formats that have text alone.
fn given_type(array: &ArrayRef, given: ColumnType, wanted: &DataType) -> Result<ArrayRef, usize> {
    match ColumnType::for_arrow(array.data_type()) {
        Some(ColumnType::Text) => parse(cast_exactly(array, &DataType::Utf8)?.as_string(), given),
        _ => cast_exactly(array, wanted),
    }
}

/// Metadata is free text that no rule of a policy masks, so it goes no further. That of nested fields is in their type.
fn without_metadata(data_type: &DataType) -> DataType {
    let all = |fields: &Fields| fields.iter().map(plain_field).collect();
    match data_type {
        DataType::List(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) => DataType::LargeList(plain_field(item)),
        DataType::ListView(item) => DataType::ListView(plain_field(item)),
        DataType::LargeListView(item) => DataType::LargeListView(plain_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(plain_field(item), *size),
        DataType::Struct(fields) => DataType::Struct(all(fields)),
        DataType::Map(entries, sorted) => DataType::Map(plain_field(entries), *sorted),
        DataType::Dictionary(keys, values) => DataType::Dictionary(keys.clone(), Box::new(without_metadata(values))),
        DataType::RunEndEncoded(ends, values) => DataType::RunEndEncoded(plain_field(ends), plain_field(values)),
        DataType::Union(fields, mode) => {
            DataType::Union(fields.iter().map(|(id, field)| (id, plain_field(field))).collect(), *mode)
        }
        other => other.clone(),
    }
}

fn plain_field(field: &FieldRef) -> FieldRef {
    let data_type = without_metadata(field.data_type());
    Arc::new(field.as_ref().clone().with_data_type(data_type).with_metadata(HashMap::new()))
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{Array, Decimal128Array, Int64Array, LargeStringArray, ListArray, StringArray, StructArray};

    use super::*;

    fn converted(array: impl Array + 'static, given: &str) -> Result<ArrayRef, String> {
        let batch = RecordBatch::try_from_iter_with_nullable([("c", Arc::new(array) as ArrayRef, true)]).unwrap();
        let given = serde_json::from_value(given.into()).unwrap();
        let types = Types::from([("c".to_owned(), given), ("other".to_owned(), ColumnType::Date32)]);
        let place = BatchPlace { input: "in.parquet".into(), first_row: 11, ..BatchPlace::default() };
        let conversion = Conversion::new(&batch.schema(), &types, "in.parquet");
        let applied = conversion.and_then(|conversion| conversion.apply(&batch, &place));
        applied.map(|batch| batch.column(0).clone()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_column_has_the_type_that_the_policy_gives_it() {
        let text = |array: ArrayRef| array.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect();
        let texts: Vec<String> = text(converted(Int64Array::from(vec![999_955_353]), "text").unwrap());
        assert_eq!(texts, ["999955353"]);
        let decimal = Decimal128Array::from(vec![950]).with_precision_and_scale(10, 2).unwrap();
        let texts: Vec<String> = text(converted(decimal, "text").unwrap());
        assert_eq!(texts, ["9.50"]);
        let dates = converted(LargeStringArray::from(vec!["1970-01-02"]), "date32").unwrap();
        assert_eq!(dates.data_type(), &DataType::Date32);
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(7), None])]);
        let texts = converted(list, "text").unwrap();
        assert_eq!(texts.as_list::<i32>().value(0).as_ref(), &StringArray::from(vec![Some("7"), None]) as &dyn Array);
    }

    #[test]
    fn a_value_that_is_not_of_the_type_is_named_by_its_row_and_a_column_that_cannot_be_by_its_name() {
        let refusal = converted(StringArray::from(vec!["1970-01-02", "secret"]), "date32").unwrap_err();
        assert!(refusal.starts_with("in.parquet, row 12, column `c`: the value is not of type date32"), "{refusal}");
        let refusal = converted(Int64Array::from(vec![1, 2, 3]), "boolean").unwrap_err();
        assert!(refusal.starts_with("in.parquet, row 12, column `c`: the value is not of type boolean"), "{refusal}");
        let field = Arc::new(Field::new("n", DataType::Int64, true));
        let nested = StructArray::from(vec![(field, Arc::new(Int64Array::from(vec![1])) as ArrayRef)]);
        let refusal = converted(nested, "text").unwrap_err();
        assert!(refusal.starts_with("in.parquet, column `c`: Struct("), "{refusal}");
        assert!(refusal.contains("cannot be read as text; take it out of `types`"), "{refusal}");
    }

    #[test]
    fn metadata_inside_a_type_goes_no_further() {
        let note = HashMap::from([("note".to_owned(), "secret".to_owned())]);
        let noted = |name: &str, data_type| Arc::new(Field::new(name, data_type, true).with_metadata(note.clone()));
        let inner: ArrayRef = Arc::new(StructArray::from(vec![(
            noted("n", DataType::Int64),
            Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef,
        )]));
        let item = noted("item", inner.data_type().clone());
        let offsets = arrow_buffer::OffsetBuffer::from_lengths([2]);
        let list: ArrayRef = Arc::new(ListArray::new(item, offsets, inner, None));
        let field = noted("c", list.data_type().clone()).as_ref().clone();
        let schema = Schema::new(vec![field]).with_metadata(note.clone());
        let batch = RecordBatch::try_new(Arc::new(schema), vec![list]).unwrap();
        let conversion = Conversion::new(&batch.schema(), &Types::new(), "in").unwrap();
        let plain = conversion.apply(&batch, &BatchPlace::default()).unwrap();
        assert_eq!(&plain.schema(), conversion.schema());
        assert!(!format!("{:?} {:?}", plain.schema(), plain.column(0).data_type()).contains("secret"));
        assert_eq!(plain.column(0).as_list::<i32>().value(0).as_struct().column(0).len(), 2);
    }

    #[test]
    fn every_nested_type_loses_its_metadata() {
        let note = HashMap::from([("note".to_owned(), "secret".to_owned())]);
        let noted = || Arc::new(Field::new("n", DataType::Int64, true).with_metadata(note.clone()));
        let union = arrow_schema::UnionFields::from_fields(vec![noted().as_ref().clone()]);
        for nested in [
            DataType::List(noted()),
            DataType::LargeList(noted()),
            DataType::ListView(noted()),
            DataType::LargeListView(noted()),
            DataType::FixedSizeList(noted(), 1),
            DataType::Struct(Fields::from(vec![noted()])),
            DataType::Map(noted(), false),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::List(noted()))),
            DataType::RunEndEncoded(noted(), noted()),
            DataType::Union(union, arrow_schema::UnionMode::Dense),
        ] {
            let plain = without_metadata(&nested);
            assert!(format!("{nested:?}").contains("secret") && !format!("{plain:?}").contains("secret"), "{plain:?}");
        }
    }
}

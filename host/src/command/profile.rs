//! `moretta profile report`.

use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use serde_json::Value;

use super::check::named_columns;
use super::classify::write_text;
use super::profile_page::{to_html, to_text};
use super::profile_run::run;
use super::show::printable;
use super::{plugin, print, read_labels, read_policy};
use crate::batch::ColumnType;
use crate::cli::ProfileReportArguments;
use crate::error::Error;
use crate::evidence::evidence;
use crate::host::Host;
use crate::policy::Labels;
use crate::run::columns_of;

/// Prints the evidence, and writes it as a page where that is asked.
pub(super) fn report(arguments: &ProfileReportArguments) -> Result<(), Error> {
    let policy = read_policy(&arguments.policy, arguments.labels.as_deref())?;
    let labels = arguments.labels.as_deref().map(read_labels).transpose()?;
    let builder = Host::builder(policy).trust(plugin::trust(arguments.trust_root.as_deref())?);
    let host = match &arguments.plugins {
        None => builder.build()?,
        Some(directory) => builder.build_with_plugins_in(directory)?,
    };
    let run = run(arguments)?;
    let columns = match (&arguments.input, &labels) {
        (Some(input), _) => columns_of(&host, input, arguments.input_format)?,
        (None, Some(labels)) if labels.schema.is_some() => labelled_columns(labels),
        (None, _) => named_columns(&host),
    };
    let evidence = evidence(host.snapshot().policy(), &host.plan(&columns)?, labels.as_ref(), run);
    if let Some(html) = &arguments.html {
        let read = [Some(&arguments.policy), arguments.labels.as_ref(), arguments.run_report.as_ref()];
        if read.into_iter().flatten().chain(&arguments.input).any(|read| read == html) {
            return Err(Error::Usage(format!("{} is read here; write somewhere else", html.display())));
        }
        write_text(&to_html(&evidence), html)?;
    }
    if arguments.json {
        let json = serde_json::to_string_pretty(&evidence).map_err(|_| Error::Internal("the evidence is no JSON"))?;
        return print(&format!("{json}\n"));
    }
    print(&printable(&to_text(&evidence)))
}

/// The columns that the file of labels was made for, in their types.
fn labelled_columns(labels: &Labels) -> SchemaRef {
    let field = |(name, column): (&String, &crate::policy::LabelledColumn)| {
        let known = column.column_type.as_ref().and_then(|of| serde_json::from_value(Value::from(of.as_str())).ok());
        let column_type: ColumnType = known.unwrap_or(ColumnType::Text);
        Field::new(name, column_type.arrow(), true)
    };
    Arc::new(Schema::new(labels.columns.iter().map(field).collect::<Vec<_>>()))
}

//! What becomes of which column, for catalogues: run events of OpenLineage 2-0-2, one line of JSON each.
//!
//! They hold names, types, labels and counts, and never a value: what is not sure to be the name of a column is left out. A
//! run has an event `START`, and one `COMPLETE` before its output gets its name; a run that fails has one `FAIL`, behind
//! whatever else there is of it.

mod facets;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::{RunId, rfc3339};
use crate::batch::is_name;
use crate::error::Error;
use crate::report::Report;
use crate::tally::{ColumnTally, Tally};
use facets::{SPEC, dataset, facet, input_facets, named, schema, tags, transformation};

/// Who makes these events.
const PRODUCER: &str = env!("CARGO_PKG_REPOSITORY");

/// So many columns that a mask looks at are told with each column that it masks; of more, once for all.
const MOST_BESIDE: usize = 16;

/// What a run is called.
pub(crate) struct Job<'r> {
    /// The name of the policy, or of its domain.
    pub(crate) name: &'r str,
    /// The inputs as the operator named them.
    pub(crate) inputs: &'r [PathBuf],
    /// The output.
    pub(crate) out: &'r Path,
}

/// Tells the events of one run.
pub(crate) struct Lineage<'r> {
    file: File,
    path: &'r Path,
    job: Job<'r>,
    run: RunId,
}

impl<'r> Lineage<'r> {
    /// Tells that a run begins. What is in the file already stays.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn start(path: &'r Path, job: Job<'r>, run: RunId) -> Result<Self, Error> {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let mut lineage = Self { file: opened.map_err(Error::named("write", path))?, path, job, run };
        lineage.tell("START", json!({}), None)?;
        Ok(lineage)
    }

    /// Tells what became of every column. The output gets its name only after this.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn complete(&mut self, report: &Report) -> Result<(), Error> {
        let digest = |key: &str, value: &str| json!({ "key": key, "value": value, "source": "moretta" });
        let mut tags = vec![
            digest("moretta.policy_digest", &report.revision.policy_digest),
            digest("moretta.run", self.run.as_str()),
        ];
        tags.extend(report.revision.labels_digest.as_ref().map(|labels| digest("moretta.labels_digest", labels)));
        let facets =
            json!({ "tags": facet("facets/1-0-0/TagsRunFacet.json", "TagsRunFacet", json!({ "tags": tags })) });
        self.tell("COMPLETE", facets, Some(report))
    }

    /// Tells that the run failed, and whose fault it was. That this cannot be told either changes nothing.
    pub(crate) fn fail(&mut self, problem: &str) {
        let message = json!({ "message": problem, "programmingLanguage": "RUST" });
        let facet = facet("facets/1-0-1/ErrorMessageRunFacet.json", "ErrorMessageRunFacet", message);
        drop(self.tell("FAIL", json!({ "errorMessage": facet }), None));
    }

    fn tell(&mut self, event: &str, mut facets: Value, report: Option<&Report>) -> Result<(), Error> {
        let engine = json!({ "version": env!("CARGO_PKG_VERSION"), "name": "moretta" });
        let engine = facet("facets/1-1-1/ProcessingEngineRunFacet.json", "ProcessingEngineRunFacet", engine);
        if let Some(facets) = facets.as_object_mut() {
            facets.insert("processing_engine".to_owned(), engine);
        }
        let kind = json!({ "processingType": "BATCH", "integration": "MORETTA", "jobType": "COMMAND" });
        let kind = facet("facets/2-0-4/JobTypeJobFacet.json", "JobTypeJobFacet", kind);
        let line = json!({
            "eventTime": rfc3339(SystemTime::now()),
            "producer": PRODUCER,
            "schemaURL": format!("{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"),
            "eventType": event,
            "run": { "runId": uuid(&self.run), "facets": facets },
            "job": { "namespace": "moretta", "name": self.job.name, "facets": { "jobType": kind } },
            "inputs": self.job.inputs.iter().map(|input| dataset(input, report.map(input_facets))).collect::<Vec<_>>(),
            "outputs": [self.output(report)],
        });
        let written = self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(Error::io("write", self.path))
    }

    fn output(&self, report: Option<&Report>) -> Value {
        let mut output = dataset(self.job.out, report.map(|report| self.output_facets(&report.columns)));
        if let (Some(output), Some(report)) = (output.as_object_mut(), report) {
            let statistics = json!({ "rowCount": report.rows.masked, "size": report.bytes_written });
            let path = "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json";
            let statistics = facet(path, "OutputStatisticsOutputDatasetFacet", statistics);
            output.insert("outputFacets".to_owned(), json!({ "outputStatistics": statistics }));
        }
        output
    }

    fn output_facets(&self, columns: &Tally) -> Value {
        let written = || named(columns).filter(|(_, column)| column.action != "drop");
        let field = |(name, column): (&str, &ColumnTally)| match column.carried.column_type.as_str() {
            "" => json!({ "name": name }),
            of => json!({ "name": name, "type": of }),
        };
        let lineage = written().map(|(name, column)| (name.to_owned(), self.lineage_of(name, column)));
        let lineage = json!({
            "fields": lineage.collect::<serde_json::Map<_, _>>(),
            "dataset": self.lineage_of_all(columns),
        });
        let tags = written().flat_map(|(name, column)| tags(name, column.carried.label)).collect::<Vec<_>>();
        json!({
            "schema": schema(&written().map(field).collect::<Vec<_>>()),
            "columnLineage": facet("facets/1-2-0/ColumnLineageDatasetFacet.json", "ColumnLineageDatasetFacet", lineage),
            "tags": facet("facets/1-0-0/TagsDatasetFacet.json", "TagsDatasetFacet", json!({ "tags": tags })),
        })
    }

    /// Where the values of a column come from: out of one, and by way of others.
    fn lineage_of(&self, name: &str, column: &ColumnTally) -> Value {
        let masking = column.action != "keep";
        let subtype = if masking { "TRANSFORMATION" } else { "IDENTITY" };
        let direct = transformation("DIRECT", subtype, column.transform.as_deref(), masking);
        let beside = column.carried.beside.iter().map(String::as_str).filter(|other| *other != name && is_name(other));
        let beside: Vec<_> = beside.take(MOST_BESIDE.saturating_add(1)).collect();
        let beside = if beside.len() > MOST_BESIDE { Vec::new() } else { beside };
        let indirect = transformation("INDIRECT", "CONDITIONAL", column.transform.as_deref(), masking);
        let fields = std::iter::once((name, &direct)).chain(beside.into_iter().map(|other| (other, &indirect)));
        json!({ "inputFields": fields.flat_map(|(field, how)| self.input_fields(field, how)).collect::<Vec<_>>() })
    }

    /// The columns that many are masked by: each is told once.
    fn lineage_of_all(&self, columns: &Tally) -> Vec<Value> {
        let many = columns.columns().map(|(_, column)| &column.carried.beside).filter(|all| all.len() > MOST_BESIDE);
        let all: std::collections::BTreeSet<_> = many.flat_map(|all| all.iter()).filter(|name| is_name(name)).collect();
        let indirect = transformation("INDIRECT", "CONDITIONAL", None, true);
        all.into_iter().flat_map(|name| self.input_fields(name, &indirect)).collect()
    }

    fn input_fields(&self, field: &str, how: &Value) -> Vec<Value> {
        let one = |input: &PathBuf| {
            let name = input.display().to_string();
            json!({ "namespace": "file", "name": name, "field": field, "transformations": [how] })
        };
        self.job.inputs.iter().map(one).collect()
    }
}

/// The name that the audit trail has for the run, as a UUID (version 8 of RFC 9562).
fn uuid(run: &RunId) -> String {
    let digest = Sha256::digest(format!("moretta run {}", run.as_str()));
    let mut id = [0_u8; 16];
    id.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut id;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (groups, mut rest) = ([8, 4, 4, 4, 12], hex.as_str());
    let parts = groups.map(|length| {
        let (part, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        part
    });
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_run_is_a_uuid_of_version_8_and_always_the_same() {
        let run = RunId::random().unwrap();
        let id = uuid(&run);
        assert_eq!(id, uuid(&run));
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'8', "{id}");
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert_ne!(id, uuid(&RunId::random().unwrap()));
    }
}

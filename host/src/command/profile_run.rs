//! What is known of a run: from its report, or from the audit trail.

use std::path::Path;

use serde_json::{Map, Value};

use super::read_text;
use crate::audit::{Record, Trust, examine};
use crate::cli::ProfileReportArguments;
use crate::error::Error;
use crate::evidence::RunFacts;

/// The run that the arguments name, if they name one.
pub(super) fn run(arguments: &ProfileReportArguments) -> Result<Option<RunFacts>, Error> {
    match (&arguments.run_report, &arguments.audit, &arguments.run) {
        (Some(path), _, _) => of_report(path).map(Some),
        (None, Some(directory), Some(run)) => of_trail(directory, run).map(Some),
        _ => Ok(None),
    }
}

fn of_report(path: &Path) -> Result<RunFacts, Error> {
    let wrong = || Error::Usage(format!("{} is no report of `moretta mask --report`", path.display()));
    let report: Value = serde_json::from_str(&read_text(path)?).map_err(|_| wrong())?;
    let mut facts = RunFacts { source: path.display().to_string(), ..RunFacts::default() };
    let (revision, rows) = report.get("revision").zip(report.get("rows")).ok_or_else(wrong)?;
    add_revision(&mut facts, revision).ok_or_else(wrong)?;
    add_rows(&mut facts, rows).ok_or_else(wrong)?;
    let columns = report.get("columns").and_then(Value::as_object).ok_or_else(wrong)?;
    for (name, column) in columns {
        facts.values.insert(name.clone(), column.get("cells").and_then(Value::as_u64).ok_or_else(wrong)?);
    }
    Ok(facts)
}

/// A run has several records where it is long. That the trail is whole is checked on the way.
fn of_trail(directory: &Path, run: &str) -> Result<RunFacts, Error> {
    let (mut facts, mut numbers, mut problem) = (RunFacts::default(), Vec::new(), None);
    examine(directory, Trust::default(), &mut |record: Record, _| {
        if record.run.as_deref() == Some(run) && record.action == "masked" {
            numbers.push(record.number.to_string());
            problem = problem.or(add_record(&mut facts, &record.details).is_none().then_some(record.number));
        }
    })?;
    let shown = directory.display();
    match (numbers.as_slice(), problem) {
        ([], _) => {
            Err(Error::Usage(format!("{shown} has no run of this name that masked anything; see `moretta audit show`")))
        }
        (_, Some(number)) => Err(Error::Usage(format!("record {number} of {shown} is not of this version"))),
        (numbers, None) => {
            facts.source = format!("run {run} in {shown}, records {}", numbers.join(", "));
            Ok(facts)
        }
    }
}

fn add_record(facts: &mut RunFacts, details: &Map<String, Value>) -> Option<()> {
    add_revision(facts, details.get("revision")?)?;
    add_rows(facts, details.get("outcomes")?)?;
    for column in details.get("columns")?.as_array()? {
        // The trail has no name where that may be a value.
        if let Some(name) = column.get("name").and_then(Value::as_str) {
            let values = facts.values.entry(name.to_owned()).or_default();
            *values = values.saturating_add(column.get("values")?.as_u64()?);
        }
    }
    Some(())
}

fn add_revision(facts: &mut RunFacts, revision: &Value) -> Option<()> {
    facts.policy_digest = revision.get("policy_digest")?.as_str()?.to_owned();
    facts.labels_digest = revision.get("labels_digest").and_then(Value::as_str).map(str::to_owned);
    let plugin = |name: &str, of: &Value| {
        let [version, digest] =
            ["version", "digest"].map(|key| of.get(key).and_then(Value::as_str).unwrap_or_default());
        format!("{name} {version} {}", digest.get(..12).unwrap_or(digest))
    };
    facts.plugins = match revision.get("plugins")? {
        Value::Object(plugins) => plugins.iter().map(|(name, of)| plugin(name, of)).collect(),
        plugins => {
            let named = |of: &Value| Some(plugin(of.get("name")?.as_str()?, of));
            plugins.as_array()?.iter().filter_map(named).collect()
        }
    };
    Some(())
}

fn add_rows(facts: &mut RunFacts, rows: &Value) -> Option<()> {
    let RunFacts { read, masked, quarantined, dropped, .. } = facts;
    for (key, sum) in [("read", read), ("masked", masked), ("quarantined", quarantined), ("dropped", dropped)] {
        *sum = sum.saturating_add(rows.get(key)?.as_u64()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_records_of_a_run_are_added_up() {
        let record = serde_json::json!({
            "revision": { "policy_digest": "d", "plugins": [{ "name": "p", "version": "1", "digest": "0123456789abcdef" }] },
            "outcomes": { "read": 3, "masked": 2, "quarantined": 1, "dropped": 0 },
            "columns": [{ "name": "a", "values": 3 }, { "values": 9 }],
        });
        let mut facts = RunFacts::default();
        for _ in 0..2 {
            add_record(&mut facts, record.as_object().unwrap()).unwrap();
        }
        assert_eq!((facts.read, facts.masked, facts.quarantined), (6, 4, 2));
        assert_eq!(facts.values, BTreeMap::from([("a".to_owned(), 6)]));
        assert_eq!(facts.plugins, ["p 1 0123456789ab"]);
        assert_eq!(add_record(&mut facts, &Map::new()), None);
    }
}

//! `moretta risk`.

use std::num::NonZeroU64;
use std::sync::Arc;

use comfy_table::{Table, presets};

use super::mask::stop_when_asked;
use super::print;
use super::show::printable;
use crate::cli::RiskArguments;
use crate::error::Error;
use crate::risk::{Risk, RiskColumns, RiskRun, measure};

/// Measures, prints, and fails where it is worse than was asked.
pub(super) fn run(arguments: &RiskArguments) -> Result<(), Error> {
    let run = RiskRun {
        inputs: arguments.inputs.clone(),
        input_format: arguments.input_format,
        columns: RiskColumns {
            quasi_identifiers: arguments.quasi_identifiers.clone(),
            sensitive: arguments.sensitive.clone(),
            subject: arguments.subject.clone(),
        },
        memory: arguments.memory << 20,
        interrupted: Arc::default(),
    };
    stop_when_asked(&run.interrupted)?;
    let risk = measure(&run)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&risk).map_err(|_| Error::Internal("the figures are no JSON"))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&printable(&text(&risk, if run.columns.subject.is_some() { "individuals" } else { "rows" })))?;
    }
    demand(&risk, arguments.min_k, arguments.min_l)
}

/// A table of nobody is as good as was asked.
fn demand(risk: &Risk, min_k: Option<NonZeroU64>, min_l: Option<NonZeroU64>) -> Result<(), Error> {
    let mend = "generalise the quasi-identifiers, or leave the rows of small classes out (`risk:` in the policy)";
    if let Some(k) = min_k.filter(|k| risk.classes > 0 && risk.smallest_class < k.get()) {
        let smallest = risk.smallest_class;
        return Err(Error::Usage(format!("the smallest class has {smallest}, and {k} were asked for; {mend}")));
    }
    let short = |l: NonZeroU64| {
        let fewest =
            |(column, diversity): (&String, &crate::risk::Diversity)| (column.clone(), diversity.fewest_values);
        risk.sensitive.iter().map(fewest).find(|(_, fewest)| risk.classes > 0 && *fewest < l.get())
    };
    match min_l.and_then(|l| Some((l, short(l)?))) {
        None => Ok(()),
        Some((l, (column, fewest))) => Err(Error::Usage(format!(
            "a class has {fewest} different values of `{column}`, and {l} were asked for; {mend}"
        ))),
    }
}

fn text(risk: &Risk, of: &str) -> String {
    let mut sizes = Table::new();
    sizes.load_style(presets::NOTHING).set_header(["CLASS OF", "CLASSES", "ROWS"]);
    for band in &risk.sizes {
        let size = match band.to {
            Some(to) if to == band.from => to.to_string(),
            Some(to) => format!("{} to {to}", band.from),
            None => format!("{} and more", band.from),
        };
        sizes.add_row([size, band.classes.to_string(), band.rows.to_string()]);
    }
    let mut told = format!(
        "{} rows in {} classes\nthe smallest class has {} {of} (k)\n{} rows are of a class of one\n\
         risk that a person who is known to be in the table is found: {:.4} at most, {:.4} on average\n\n{sizes}\n",
        risk.rows, risk.classes, risk.smallest_class, risk.unique_rows, risk.highest_risk, risk.average_risk,
    );
    for (column, diversity) in &risk.sensitive {
        told.push_str(&format!(
            "\n{column}: {} different values at least in a class (l), one of them in {:.0} % of it at most; {} rows are \
             of a class with one value\n",
            diversity.fewest_values,
            diversity.largest_share * 100.0,
            diversity.disclosed_rows,
        ));
    }
    told
}

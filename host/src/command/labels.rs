//! `moretta labels`.

use std::path::Path;
use std::time::SystemTime;

use super::{catalogue, classify, print, read_labels};
use crate::audit::{Who, rfc3339};
use crate::cli::{LabelsCommand, ReviewedColumns, TagArguments};
use crate::error::Error;
use crate::policy::{Labels, Review, ReviewProblem, Status, Tags, did_you_mean};

/// Records a review.
pub(super) fn run(command: &LabelsCommand) -> Result<(), Error> {
    match command {
        LabelsCommand::Approve(reviewed) => review_all(reviewed, Review::Approve),
        LabelsCommand::Reject(reviewed) => review_all(reviewed, Review::Reject),
        LabelsCommand::Set { file, column, label } => {
            let mut labels = read(file)?;
            review(&mut labels, file, std::slice::from_ref(column), Review::Set(*label))
        }
        LabelsCommand::Tag(arguments) => tag(arguments),
        LabelsCommand::Export(arguments) => catalogue::export(arguments),
        LabelsCommand::Import(arguments) => catalogue::import(arguments),
    }
}

fn review_all(reviewed: &ReviewedColumns, how: Review) -> Result<(), Error> {
    let mut labels = read(&reviewed.file)?;
    let waiting = labels.columns.iter().filter(|(_, it)| it.status == Status::Suggested && it.label.is_some());
    let columns = match reviewed.all {
        true => waiting.map(|(name, _)| name.clone()).collect(),
        false => reviewed.columns.clone(),
    };
    review(&mut labels, &reviewed.file, &columns, how)
}

fn tag(arguments: &TagArguments) -> Result<(), Error> {
    let mut labels = read(&arguments.file)?;
    let tags = Tags {
        regulation: arguments.regulation.clone(),
        purpose: arguments.purpose.clone(),
        retention: arguments.retention.clone(),
        residency: arguments.residency.clone(),
    };
    if tags.is_empty() {
        return Err(Error::Usage("say something of them: --regulation, --purpose, --retention or --residency".into()));
    }
    for column in &arguments.columns {
        let near = did_you_mean(column, labels.columns.keys().map(String::as_str));
        let known = labels.columns.get_mut(column);
        let known = known.ok_or_else(|| Error::Usage(format!("column `{column}` {}{near}", ReviewProblem::Unknown)))?;
        known.tags.set(tags.clone()).map_err(Error::Usage)?;
    }
    classify::write(&labels, &arguments.file)?;
    print(&format!("{} columns tagged\n", arguments.columns.len()))
}

/// Who wrote the short form declared its labels: there is nothing to review, and nowhere to keep who did.
pub(super) fn read(file: &Path) -> Result<Labels, Error> {
    let labels = read_labels(file)?;
    match &labels.schema {
        Some(_) => Ok(labels),
        None => Err(Error::Usage(format!(
            "{} was written by hand, and what it says counts; change it there, or have `moretta classify` write one",
            file.display()
        ))),
    }
}

/// Who reviews, and when.
pub(super) fn reviewer() -> (String, String) {
    let who = Who::of_process();
    (format!("{}@{}", who.name, who.host), rfc3339(SystemTime::now()))
}

fn review(labels: &mut Labels, file: &Path, columns: &[String], how: Review) -> Result<(), Error> {
    let (by, at) = reviewer();
    for column in columns {
        let known: Vec<String> = labels.columns.keys().cloned().collect();
        labels.review(column, how, &by, &at).map_err(|problem| {
            let near = did_you_mean(column, known.iter().map(String::as_str));
            Error::Usage(format!("column `{column}` {problem}{near}"))
        })?;
    }
    classify::write(labels, file)?;
    print(&format!("{} columns reviewed, {} wait\n", columns.len(), labels.open().count()))
}

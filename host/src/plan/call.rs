//! From a checked rule and its columns to calls of its plugin.

use std::ops::Range;

use arrow_schema::{DataType, Schema};

use super::assign::Assigned;
use super::check::{Checked, range};
use super::{Beside, Call};
use crate::batch::{ColumnType, is_name, is_open};
use crate::keys::{Normalize, Purpose};
use crate::policy::{At, Normalization, Policy, PolicyProblem};

/// The calls that mask a rule's columns: one for each, or one for all together. None where the input has none of them.
pub(super) fn calls(
    checked: &Checked<'_>,
    assigned: &Assigned,
    schema: &Schema,
    policy: &Policy,
    problems: &mut Vec<PolicyProblem>,
) -> Vec<Call> {
    let columns = assigned.of_rule(checked.index);
    let mut build = Build { checked, assigned, schema, policy, problems };
    build.check_names();
    if columns.is_empty() {
        return Vec::new();
    }
    let subject = build.subject();
    let context = build.context(&columns);
    let together = checked.mask.together.as_ref().filter(|together| together.value);
    if let Some(together) = together {
        build.check_together(together, columns.len());
    }
    let groups = if together.is_some() { vec![columns] } else { columns.into_iter().map(|one| vec![one]).collect() };
    let alone = together.is_none() && checked.mask.context.is_empty();
    let mut calls = Vec::new();
    for columns in groups {
        let types: Vec<_> = columns.iter().filter_map(|column| build.cells(*column, alone)).collect();
        if types.len() == columns.len() {
            calls.push(Call { subject, ..build.call(columns, &types, &context) });
        }
    }
    calls
}

/// The type of a column's cells, as the transform sees them.
#[derive(Clone, Copy)]
struct Cells {
    given: ColumnType,
    produced: ColumnType,
    list: bool,
}

/// The call that masks pieces of a column of free text.
pub(super) fn of_pieces(
    checked: &Checked<'_>,
    column: usize,
    (assigned, schema, policy): (&Assigned, &Schema, &Policy),
    problems: &mut Vec<PolicyProblem>,
) -> Call {
    let mut build = Build { checked, assigned, schema, policy, problems };
    let pieces = Cells { given: ColumnType::Text, produced: ColumnType::Text, list: false };
    let subject = build.subject();
    Call { subject, ..build.call(vec![column], &[pieces], &[]) }
}

struct Build<'b> {
    checked: &'b Checked<'b>,
    assigned: &'b Assigned,
    schema: &'b Schema,
    policy: &'b Policy,
    problems: &'b mut Vec<PolicyProblem>,
}

impl Build<'_> {
    fn problem(&mut self, span: &Range<usize>, message: String) {
        self.problems.push(PolicyProblem { message, span: Some(span.clone()) });
    }

    fn name(&self, column: usize) -> &str {
        self.schema.fields().get(column).map(|field| field.name().as_str()).unwrap_or_default()
    }

    /// The column of the subject, where the key is one for date shifts.
    fn subject(&mut self) -> Option<Beside> {
        self.checked.key.as_ref().filter(|key| key.purpose == Purpose::DateShift)?;
        let subject = self.policy.subject.as_ref()?;
        let Some(index) = self.assigned.index(&subject.value) else {
            return self.absent(subject, "which names the subject");
        };
        let data_type = self.schema.fields().get(index).map(|field| field.data_type())?;
        if !matches!(ColumnType::for_arrow(data_type), Some(ColumnType::Text | ColumnType::Int64 | ColumnType::Binary))
        {
            let message =
                format!("column `{}` names the subject and is {data_type}; it must be text or int64", subject.value);
            self.problem(&subject.span, message);
        }
        if ColumnType::for_arrow(data_type) == Some(ColumnType::Binary) && !self.subject_form().is_nothing() {
            let message = format!("column `{}` names the subject and is bytes; take `normalize` away", subject.value);
            self.problem(&subject.span, message);
        }
        Some(Beside::Column(index))
    }

    fn subject_form(&self) -> Normalize {
        let Normalization { trim, ascii_case, separators } = self.policy.subject_form;
        Normalize { trim, ascii_case, separators }
    }

    fn context(&mut self, masked: &[usize]) -> Vec<(Beside, ColumnType)> {
        let mut context = Vec::new();
        for column in &self.checked.mask.context {
            let Some(index) = self.assigned.index(&column.value) else {
                let column_type = self.policy.types.get(&column.value).copied().unwrap_or(ColumnType::Text);
                let absent = self.absent(column, "which the transform is to see");
                context.extend(absent.map(|absent| (absent, column_type)));
                continue;
            };
            if masked.contains(&index) {
                let message = format!("column `{}` is masked by this rule; take it out of `context`", column.value);
                self.problem(&column.span, message);
            }
            let data_type = self.schema.fields().get(index).map(|field| field.data_type());
            match data_type.and_then(ColumnType::for_arrow) {
                Some(column_type) => context.push((Beside::Column(index), column_type)),
                None => {
                    let message = format!(
                        "column `{}` is nested or of a type that no transform takes; take it out of \
                                           `context`",
                        column.value
                    );
                    self.problem(&column.span, message);
                }
            }
        }
        context
    }

    /// A column that the input has not. Documents without it are told by a note of the plan.
    fn absent(&mut self, column: &At<String>, role: &str) -> Option<Beside> {
        if is_open(self.schema) {
            return Some(Beside::Absent);
        }
        let known = self.schema.fields().iter().map(|field| field.name().as_str()).filter(|name| is_name(name));
        let hint = crate::policy::did_you_mean(&column.value, known);
        self.problem(&column.span, format!("the input has no column `{}`, {role}{hint}", column.value));
        None
    }

    /// Documents of one batch may have columns that those of another have not, so columns that are masked together must
    /// all be known by their names: by a pattern or a label a value would be masked in other company in each batch.
    fn check_names(&mut self) {
        let Checked { rule, mask, .. } = self.checked;
        let Some(together) = mask.together.as_ref().filter(|together| together.value && is_open(self.schema)) else {
            return;
        };
        if !rule.labels.is_empty() || rule.columns.iter().any(|column| column.value.literal().is_none()) {
            let message = "which columns of documents a pattern or a label means differs from one to the next; give \
                           the columns that are masked together by their names";
            self.problem(&together.span, message.to_owned());
        }
    }

    fn check_together(&mut self, together: &At<bool>, number: usize) {
        let bounds = self.checked.found.transform.columns;
        if !bounds.allow(number) {
            let name = &self.checked.mask.transform.value;
            let message = format!("`{name}` masks {} columns together, and the rule matches {number}", range(bounds));
            self.problem(&together.span, message);
        }
    }

    /// The type of a column's cells, where the transform takes it. Lists go `alone`, without other columns.
    fn cells(&mut self, column: usize, alone: bool) -> Option<Cells> {
        let data_type = self.schema.fields().get(column)?.data_type();
        let (element, list) = match data_type {
            DataType::List(item) => (item.data_type(), true),
            other => (other, false),
        };
        let (name, mask) = (self.name(column).to_owned(), self.checked.mask);
        let (transform, span) = (&mask.transform.value, &mask.transform.span);
        let Some(given) = ColumnType::for_arrow(element) else {
            let mend = if element.is_nested() { "drop it" } else { "drop it, or give it a type under `types`" };
            let message = format!("column `{name}` is {data_type}, which no transform takes; {mend}");
            self.problem(span, message);
            return None;
        };
        if list && !alone {
            let message = format!(
                "column `{name}` is a list, which is masked element by element; take `together` and `context` away"
            );
            self.problem(span, message);
        }
        let accepted = &self.checked.found.transform.types;
        let Some(produced) = accepted.get(&given).copied() else {
            let accepted: Vec<_> = accepted.keys().map(ToString::to_string).collect();
            let message = format!(
                "column `{name}` is {}{given}, and `{transform}` takes {}; give it another type under `types`, or name \
                 another transform",
                if list { "a list of " } else { "" },
                accepted.join(", ")
            );
            self.problem(span, message);
            return None;
        };
        Some(Cells { given, produced, list })
    }

    fn call(&self, columns: Vec<usize>, types: &[Cells], context: &[(Beside, ColumnType)]) -> Call {
        let Checked { rule, mask, found, config, distinct_outputs, left, key, .. } = self.checked;
        let transform = found.transform;
        Call {
            plugin: found.plugin.to_owned(),
            version: found.version.to_owned(),
            digest: found.digest.to_owned(),
            world: found.manifest.world,
            transform: transform.name.clone(),
            transform_index: found.index,
            config: config.clone(),
            columns,
            scrub: None,
            context: context.iter().map(|(column, _)| *column).collect(),
            input_types: types.iter().map(|cells| cells.given).collect(),
            context_types: context.iter().map(|(_, column_type)| *column_type).collect(),
            list: types.iter().any(|cells| cells.list),
            produced: types.iter().map(|cells| cells.produced).collect(),
            key: key.clone(),
            subject: None,
            subject_form: self.subject_form(),
            reference_date: self.policy.reference_date,
            may_keep: transform.may_keep || mask.may_keep.as_ref().is_some_and(|allowed| allowed.value),
            adds_nulls: transform.adds_nulls,
            output_pattern: transform.output_pattern.clone(),
            distinct_outputs: *distinct_outputs,
            left: *left,
            properties: transform.properties,
            fate: mask.rejected,
            rule: rule.line,
            span: mask.transform.span.clone(),
        }
    }
}

//! Testing a plugin natively, without a host: keys that need no keyring, the golden cases of the manifest, and the
//! promises that every masker makes. Behind the feature `testing`, which only `[dev-dependencies]` enable.

mod classifier;
mod find;
mod key;

use regex::Regex;
use serde_json::Value;

pub use classifier::check_classifier_cases;
pub use find::check_found;
pub use key::TestKey;

use crate::NumberBuilder;
use crate::bindings::types::{BatchError, Column, Masked, RejectionCode, Request, Values};

/// One golden case of a manifest, as the plugin's own types.
#[derive(Debug)]
pub struct Case {
    /// What the case is called.
    pub name: String,
    /// What is asked of the plugin.
    pub request: Request,
    /// The column to mask.
    pub input: Column,
    /// What must come back. A row that must be rejected is skipped.
    pub expected: Expected,
    /// The rows that must be rejected.
    pub rejected: Vec<(u32, RejectionCode)>,
    /// The subject of each row, where the case has them.
    pub subjects: Vec<Option<String>>,
}

impl Case {
    /// The column to mask, as the columns of a call.
    pub fn columns(&self) -> &[Column] {
        std::slice::from_ref(&self.input)
    }
}

/// What a golden case says of the answer.
#[derive(Debug)]
pub enum Expected {
    /// These cells, as JSON.
    Cells(Vec<Value>),
    /// Text that matches these regular expressions, and nulls: what a case of a keyed plugin can say.
    Shape(Vec<Option<Regex>>),
}

/// The golden cases of a manifest. Defaults of the schema are filled in, as the host does.
///
/// # Panics
/// If the manifest is not as `wit/README.md` says. This is for tests.
pub fn cases(manifest: &str) -> Vec<Case> {
    let manifest: Value = serde_json::from_str(manifest).expect("the manifest is JSON");
    let mut cases = Vec::new();
    for transform in manifest["transforms"].as_array().expect("the manifest lists transforms") {
        for case in transform["cases"].as_array().expect("the transform lists cases") {
            cases.push(read_case(transform, case));
        }
    }
    cases
}

/// Runs every golden case of a manifest and compares.
///
/// # Panics
/// At the first case that differs, with its name. This is for tests.
pub fn check_cases(manifest: &str, mask: impl Fn(&Case) -> Result<Masked, BatchError>) {
    for case in cases(manifest) {
        let masked = mask(&case).unwrap_or_else(|error| panic!("case {:?}: {error:?}", case.name));
        let rejected: Vec<_> = masked.rejections.iter().map(|rejection| (rejection.row, rejection.code)).collect();
        assert_eq!(rejected, case.rejected, "case {:?}: rejected rows", case.name);
        let [column] = masked.columns.as_slice() else { panic!("case {:?}: not one column", case.name) };
        let got = cells(column);
        assert_eq!(got.len(), case.expected.rows(), "case {:?}: rows", case.name);
        for (row, got) in got.iter().enumerate() {
            let skipped = case.rejected.iter().any(|(rejected, _)| *rejected as usize == row);
            assert!(skipped || case.expected.fits(row, got), "case {:?}, row {row}: got {got}", case.name);
        }
    }
}

/// Checks that a plugin knows every transform of its manifest, and no other.
///
/// # Panics
/// At the first that it does not know. This is for tests.
pub fn check_transforms(manifest: &str, mask: impl Fn(&Request) -> Result<Masked, BatchError>) {
    let manifest: Value = serde_json::from_str(manifest).expect("the manifest is JSON");
    let knows = |transform: &str| {
        let request = Request { transform: transform.to_owned(), config: "{}".to_owned(), reference_date: None };
        mask(&request) != Err(BatchError::UnknownTransform)
    };
    for transform in manifest["transforms"].as_array().expect("the manifest lists transforms") {
        let name = transform["name"].as_str().expect("a transform has a name");
        assert!(knows(name), "{name} is not known");
    }
    assert!(!knows("unheard-of"), "a transform that is not in the manifest is known");
}

/// Checks what the host checks of every answer: rows kept, nulls kept, no value unchanged. Returns the cells of the one
/// masked column as JSON, `None` for a rejected row.
///
/// `may_keep` and `adds_nulls` are the transform's, from the manifest. An empty text may stay.
///
/// # Panics
/// If a promise is broken. This is for tests.
pub fn check_promises(input: &Column, masked: &Masked, may_keep: bool, adds_nulls: bool) -> Vec<Option<Value>> {
    let [output] = masked.columns.as_slice() else { panic!("not one column") };
    assert_eq!(output.rows, input.rows, "rows");
    assert!(masked.rejections.is_sorted_by(|a, b| a.row < b.row), "rejections rise");
    let rejected: Vec<u32> = masked.rejections.iter().map(|rejection| rejection.row).collect();
    let rows = cells(input).into_iter().zip(cells(output)).zip(0..);
    rows.map(|((before, after), row)| {
        if rejected.contains(&row) {
            assert!(!before.is_null(), "row {row}: a null is rejected");
            return None;
        }
        assert!(!before.is_null() || after.is_null(), "row {row}: a null became a value");
        assert!(before.is_null() || adds_nulls || !after.is_null(), "row {row}: a value became a null");
        assert!(before.is_null() || before == "" || may_keep || before != after, "row {row}: a value is unchanged");
        Some(after)
    })
    .collect()
}

impl Expected {
    fn read(case: &Value) -> Self {
        match case.get("output_shape") {
            None => Self::Cells(cells(&read_column(&case["output"]))),
            Some(shape) => {
                let patterns = shape["text"].as_array().expect("a shape is of text").iter();
                Self::Shape(patterns.map(|cell| cell.as_str().map(|p| Regex::new(p).expect("a pattern"))).collect())
            }
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::Cells(cells) => cells.len(),
            Self::Shape(patterns) => patterns.len(),
        }
    }

    fn fits(&self, row: usize, got: &Value) -> bool {
        match self {
            Self::Cells(cells) => cells[row] == *got,
            Self::Shape(patterns) => match (&patterns[row], got.as_str()) {
                (Some(pattern), Some(text)) => pattern.is_match(text),
                (pattern, _) => pattern.is_none() && got.is_null(),
            },
        }
    }
}

fn read_case(transform: &Value, case: &Value) -> Case {
    let mut config = case["config"].as_object().cloned().unwrap_or_default();
    if let Some(properties) = transform["config"]["properties"].as_object() {
        for (name, schema) in properties {
            if let (false, Some(default)) = (config.contains_key(name), schema.get("default")) {
                config.insert(name.clone(), default.clone());
            }
        }
    }
    let strings = |value: &Value| -> Vec<Option<String>> {
        value.as_array().map(|all| all.iter().map(|v| v.as_str().map(str::to_owned)).collect()).unwrap_or_default()
    };
    Case {
        name: case["name"].as_str().expect("a case has a name").to_owned(),
        request: Request {
            transform: transform["name"].as_str().expect("a transform has a name").to_owned(),
            config: Value::Object(config).to_string(),
            reference_date: case["reference_date"].as_i64().map(|days| days as i32),
        },
        input: read_column(&case["input"]),
        expected: Expected::read(case),
        rejected: case["rejected"]
            .as_array()
            .map(|all| all.iter().map(|r| (r["row"].as_u64().expect("a row") as u32, read_code(&r["code"]))).collect())
            .unwrap_or_default(),
        subjects: strings(&case["subjects"]),
    }
}

/// A column as a case writes it: `{"text": [..]}`, `{"int64": [..]}`, `{"date32": [..]}` and so on.
fn read_column(column: &Value) -> Column {
    let (kind, values) = column.as_object().and_then(|object| object.iter().next()).expect("a column has a type");
    let values = values.as_array().expect("a column is an array");
    match kind.as_str() {
        "text" => Column::from_text(values.iter().map(Value::as_str)),
        "int64" => numbers(values, Value::as_i64).finish_int64(),
        "timestamp" => numbers(values, Value::as_i64).finish_timestamp(),
        "float64" => numbers(values, Value::as_f64).finish_float64(),
        "date32" => numbers(values, |value| value.as_i64().map(|days| days as i32)).finish_date32(),
        other => panic!("cases have no columns of type {other}"),
    }
}

fn numbers<T: Default>(values: &[Value], read: impl Fn(&Value) -> Option<T>) -> NumberBuilder<T> {
    let mut builder = NumberBuilder::with_capacity(values.len());
    values.iter().for_each(|value| builder.push(read(value)));
    builder
}

fn read_code(code: &Value) -> RejectionCode {
    match code.as_str().expect("a code") {
        "unparsable" => RejectionCode::Unparsable,
        "out-of-range" => RejectionCode::OutOfRange,
        "unchanged" => RejectionCode::Unchanged,
        "missing" => RejectionCode::Missing,
        "unsupported" => RejectionCode::Unsupported,
        other => panic!("there is no rejection code {other}"),
    }
}

/// The cells of a column as JSON.
fn cells(column: &Column) -> Vec<Value> {
    (0..column.rows as usize)
        .map(|row| match &column.values {
            Values::Text(_) => column.text().ok().and_then(|text| text.get(row)).map(Value::from),
            Values::Int64(_) => column.int64().ok().and_then(|n| n.get(row)).map(Value::from),
            Values::Timestamp(_) => column.timestamp().ok().and_then(|n| n.get(row)).map(Value::from),
            Values::Float64(_) => column.float64().ok().and_then(|n| n.get(row)).map(Value::from),
            Values::Date32(_) => column.date32().ok().and_then(|n| n.get(row)).map(Value::from),
            Values::Binary(_) => column.binary().ok().and_then(|bytes| bytes.bytes(row)).map(Value::from),
            Values::Boolean(bits) => {
                (!column.valid().is_null(row)).then(|| Value::from(bits[row / 8] & (1 << (row % 8)) != 0))
            }
        })
        .map(|cell| cell.unwrap_or(Value::Null))
        .collect()
}

//! Testing a plugin natively, without a host: keys that need no keyring, the golden cases of the manifest, and the
//! promises that every masker makes. Behind the feature `testing`, which only `[dev-dependencies]` enable.

use std::cell::Cell;

use regex::Regex;
use serde_json::Value;

use crate::bindings::types::{
    BatchError, Column, KeyError, Masked, Rejection, RejectionCode, Request, Values, Variable,
};
use crate::{
    DateShiftKey, EncryptionKey, FormatPreservingKey, Normalize, NumberBuilder, PseudonymKey, Randomness, Span,
    Symbols, TokenFormat, TokenVault,
};

/// A key for tests: deterministic, without any secret, and as strict about its quota as the host.
#[derive(Debug, Default)]
pub struct TestKey {
    columns: Vec<Column>,
    subjects: Vec<Option<String>>,
    used: Cell<usize>,
}

impl TestKey {
    /// A pseudonym key lent with these columns.
    pub fn for_columns(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), ..Self::default() }
    }

    /// A date-shift key lent for rows of these subjects.
    pub fn for_subjects(subjects: &[Option<&str>]) -> Self {
        Self { subjects: subjects.iter().map(|subject| subject.map(str::to_owned)).collect(), ..Self::default() }
    }
}

impl PseudonymKey for TestKey {
    fn digests(&self, column: u32, normalize: Normalize, length: u32) -> Result<Vec<u8>, KeyError> {
        if !(1..=32).contains(&length) {
            return Err(KeyError::InvalidParameter);
        }
        let column = self.spend(column)?;
        let mut digests = Vec::new();
        for row in 0..column.rows as usize {
            match canonical(column, row)? {
                None => digests.extend(std::iter::repeat_n(0, length as usize)),
                Some(bytes) => digests.extend(mix(&normalized(&bytes, normalize)).take(length as usize)),
            }
        }
        Ok(digests)
    }
}

impl TestKey {
    /// The column, if it was lent and not used before.
    fn spend(&self, column: u32) -> Result<&Column, KeyError> {
        let lent = self.columns.get(column as usize).ok_or(KeyError::NotGranted)?;
        if self.used.replace(self.used.get() + 1) >= self.columns.len() {
            return Err(KeyError::QuotaExhausted);
        }
        Ok(lent)
    }
}

/// Hides nothing: the bytes of each value reversed, behind one byte.
impl EncryptionKey for TestKey {
    fn encrypt(&self, column: u32) -> Result<Variable, KeyError> {
        let column = self.spend(column)?;
        let mut sealed = Variable { offsets: vec![0], data: Vec::new() };
        for row in 0..column.rows as usize {
            if let Some(value) = canonical(column, row)? {
                sealed.data.push(1);
                sealed.data.extend(value.iter().rev());
            }
            sealed.offsets.push(sealed.data.len() as u32);
        }
        Ok(sealed)
    }
}

/// Replaces each symbol by the next of the alphabet, where there are six or more.
impl FormatPreservingKey for TestKey {
    fn encrypt(&self, column: u32, symbols: &Symbols<'_>) -> Result<Variable, KeyError> {
        let column = self.spend(column)?;
        let alphabet = symbols.alphabet.as_bytes();
        let mut sealed = Variable { offsets: vec![0], data: Vec::new() };
        for row in 0..column.rows as usize {
            let value = canonical(column, row)?.unwrap_or_default();
            let places = value.iter().filter_map(|byte| alphabet.iter().position(|symbol| symbol == byte));
            let mut places: Vec<_> = places.skip(symbols.skip_first as usize).collect();
            places.truncate(places.len().saturating_sub(symbols.skip_last as usize));
            if places.len() >= 6 {
                sealed.data.extend(places.iter().map(|place| alphabet[(place + 1) % alphabet.len()]));
            }
            sealed.offsets.push(sealed.data.len() as u32);
        }
        Ok(sealed)
    }
}

/// Counts: a value's token is the row where it is first seen, behind the prefix or with the digits of its length.
impl TokenVault for TestKey {
    fn tokens(&self, column: u32, format: TokenFormat, _: Option<u16>) -> Result<(Variable, Vec<Rejection>), KeyError> {
        let column = self.spend(column)?;
        let values: Vec<_> = (0..column.rows as usize).map(|row| canonical(column, row)).collect::<Result<_, _>>()?;
        let (mut tokens, mut rejections) = (Variable { offsets: vec![0], data: Vec::new() }, Vec::new());
        for (row, value) in values.iter().enumerate() {
            if let Some(bytes) = value {
                let first = values.iter().position(|other| other == value).unwrap_or(row);
                match &format {
                    TokenFormat::Opaque => tokens.data.extend(format!("TOKEN{first:021}").bytes()),
                    TokenFormat::Prefixed(prefix) => tokens.data.extend(format!("{prefix}TOKEN{first:021}").bytes()),
                    TokenFormat::Digits if bytes.len() >= 6 && bytes.iter().all(u8::is_ascii_digit) => {
                        tokens.data.extend(format!("{first:0width$}", width = bytes.len()).bytes());
                    }
                    TokenFormat::Digits => {
                        rejections.push(Rejection { row: row as u32, code: RejectionCode::Unsupported });
                    }
                }
            }
            tokens.offsets.push(tokens.data.len() as u32);
        }
        Ok((tokens, rejections))
    }
}

/// Bytes that are the same in every test, and differ from row to row.
impl Randomness for TestKey {
    fn draw(&self, bytes: u32) -> Result<Vec<u8>, KeyError> {
        if !(1..=16).contains(&bytes) {
            return Err(KeyError::InvalidParameter);
        }
        let rows = self.spend(0)?.rows;
        Ok((0..rows).flat_map(|row| mix(&row.to_le_bytes()).take(bytes as usize).collect::<Vec<_>>()).collect())
    }
}

/// The bytes that stand for a value under a key.
fn canonical(column: &Column, row: usize) -> Result<Option<Vec<u8>>, KeyError> {
    Ok(match &column.values {
        Values::Text(_) => column.text().ok().and_then(|text| text.bytes(row)).map(<[u8]>::to_vec),
        Values::Binary(_) => column.binary().ok().and_then(|bytes| bytes.bytes(row)).map(<[u8]>::to_vec),
        Values::Int64(_) => column.int64().ok().and_then(|n| n.get(row)).map(|n| n.to_string().into_bytes()),
        _ => return Err(KeyError::UnsupportedType),
    })
}

impl DateShiftKey for TestKey {
    fn offsets(&self, max_days: u32) -> Result<Vec<i32>, KeyError> {
        if !(1..=36_500).contains(&max_days) {
            return Err(KeyError::InvalidParameter);
        }
        if self.used.replace(self.used.get() + 1) > 0 {
            return Err(KeyError::QuotaExhausted);
        }
        let offset = |subject: &Option<String>| match subject {
            None => 0,
            Some(subject) => {
                let digest: Vec<u8> = mix(subject.as_bytes()).take(5).collect();
                let days = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) % max_days + 1;
                if digest[4] & 1 == 0 { days as i32 } else { -(days as i32) }
            }
        };
        Ok(self.subjects.iter().map(offset).collect())
    }
}

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

/// Runs every golden case of a text classifier and compares.
///
/// # Panics
/// At the first case that differs, with its name. This is for tests.
pub fn check_found(manifest: &str, find: impl Fn(&str, Column) -> Result<Vec<Span>, BatchError>) {
    let manifest: Value = serde_json::from_str(manifest).expect("the manifest is JSON");
    for case in manifest["cases"].as_array().expect("the manifest lists cases") {
        let input = read_column(&case["input"]);
        let text: Vec<String> = cells(&input).iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect();
        let mut found = vec![Vec::new(); text.len()];
        for span in find(case["column"].as_str().unwrap_or_default(), input).expect("the batch is not refused") {
            let piece = &text[span.row as usize][span.start as usize..span.end as usize];
            let label = &manifest["labels"][span.label as usize];
            found[span.row as usize].push(serde_json::json!({ "label": label, "text": piece }));
        }
        assert_eq!(Value::from(found), case["found"], "case {}", case["name"]);
    }
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

fn normalized(bytes: &[u8], normalize: Normalize) -> Vec<u8> {
    let bytes = if normalize.trim { bytes.trim_ascii() } else { bytes };
    bytes
        .iter()
        .filter(|byte| !normalize.separators || byte.is_ascii_alphanumeric() || !byte.is_ascii())
        .map(|byte| if normalize.ascii_case { byte.to_ascii_lowercase() } else { *byte })
        .collect()
}

/// Bytes that differ when the input differs, and are no secret: FNV-1a, stirred once for each byte.
fn mix(input: &[u8]) -> impl Iterator<Item = u8> {
    let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = input.iter().fold(0xcbf2_9ce4_8422_2325, |state, byte| step(state, *byte));
    (0u8..).scan(seed, move |state, index| {
        *state = step(*state, index);
        Some((*state >> 32) as u8)
    })
}

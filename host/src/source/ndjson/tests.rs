use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType;
use proptest::prelude::*;

use super::*;
use crate::batch::ColumnType;
use crate::error::{DataError, DataProblem};

fn batches(bytes: &[u8], block: usize, types: &Types) -> Result<Vec<Batch>, Error> {
    let limits = Limits { block, record: 1 << 20 };
    let options = ReadOptions { types: types.clone(), ..ReadOptions::default() };
    let mut source = NdjsonSource::open(Input::of_bytes(bytes), limits, &options)?;
    std::iter::from_fn(|| source.next().transpose()).map(|chunk| chunk?.decode()).collect()
}

fn batch(text: &str) -> Batch {
    let [batch] = batches(text.as_bytes(), 1 << 20, &Types::new()).unwrap().try_into().unwrap();
    batch
}

fn refusal(bytes: &[u8], types: &Types) -> DataError {
    match batches(bytes, 1 << 20, types) {
        Err(Error::Data(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn names(batch: &Batch) -> Vec<String> {
    batch.columns().schema().fields().iter().map(|field| field.name().clone()).collect()
}

fn texts(array: &dyn Array) -> Vec<Option<String>> {
    array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn leaves_are_text_whatever_their_json_type() {
    let batch = batch(r#"{"a":"x\ty","b":{"c":1.50,"d":true},"e":null,"f":""}"#);
    assert_eq!(names(&batch), ["a", "b.c", "b.d", "e", "f"]);
    let values: Vec<_> = batch.columns().columns().iter().flat_map(|column| texts(column)).collect();
    assert_eq!(values, [some("x\ty"), some("1.50"), some("true"), None, some("")]);
}

#[test]
fn columns_that_are_always_there_are_null_where_no_document_has_them() {
    let always = ["a", "n", "b[]"].map(str::to_owned).to_vec();
    let types = [("n".to_owned(), ColumnType::Int64)].into();
    let options = ReadOptions { always, types, ..ReadOptions::default() };
    let limits = Limits { block: 1 << 20, record: 1 << 20 };
    let mut source = NdjsonSource::open(Input::of_bytes(b"{\"c\":1}\n{\"a\":2}\n"), limits, &options).unwrap();
    let batch = source.next().unwrap().unwrap().decode().unwrap();
    assert_eq!(names(&batch), ["c", "a", "n", "b[]"]);
    assert_eq!((batch.columns().column(2).data_type(), batch.columns().column(2).null_count()), (&DataType::Int64, 2));
    assert_eq!(batch.columns().column(3).as_list::<i32>().value_length(0), 0);
}

#[test]
fn columns_are_the_union_of_the_paths_as_first_seen_and_absent_is_null() {
    let batch = batch("{\"b\":1}\n{\"a\":2}\n{\"b\":3,\"a\":4,\"c\":{}}\n{}\n");
    assert_eq!(names(&batch), ["b", "a"]);
    assert_eq!(texts(batch.columns().column(0)), [some("1"), None, some("3"), None]);
    assert_eq!(texts(batch.columns().column(1)), [None, some("2"), some("4"), None]);
}

#[test]
fn items_of_arrays_are_one_list_for_each_row_in_document_order() {
    let text = concat!(
        r#"{"name":[{"given":["A","B"]},{"given":["C"]}],"n":[[1],[2,null]]}"#,
        "\n{\"name\":[]}\n{\"x\":1}\n",
        r#"{"name":[{"given":["D"]}]}"#
    );
    let batch = batch(text);
    assert_eq!(names(&batch), ["name[].given[]", "n[][]", "x"]);
    let given = batch.columns().column(0).as_list::<i32>();
    assert_eq!(texts(&given.value(0)), [some("A"), some("B"), some("C")]);
    assert_eq!((given.value(1).len(), given.value(2).len(), given.null_count()), (0, 0, 0));
    assert_eq!(texts(&given.value(3)), [some("D")]);
    assert_eq!(texts(&batch.columns().column(1).as_list::<i32>().value(0)), [some("1"), some("2"), None]);
}

#[test]
fn the_documents_and_lines_of_the_rows_are_kept_and_blank_lines_skipped() {
    let batch = batch("\n {\"a\": 1} \r\n\t\n{\"a\":2}");
    let documents: Vec<_> = batch.documents().unwrap().iter().map(<[u8]>::to_vec).collect();
    assert_eq!(documents, [b" {\"a\": 1} ".to_vec(), b"{\"a\":2}".to_vec()]);
    assert_eq!(batch.place().lines, Some(vec![2, 4]));
}

#[test]
fn typed_leaves_are_parsed_also_in_lists() {
    let types = Types::from([("n[]".to_owned(), ColumnType::Int64), ("d".to_owned(), ColumnType::Date32)]);
    let [batch] = batches(br#"{"n":[1,"2"],"d":"1970-01-02"}"#, 99, &types).unwrap().try_into().unwrap();
    let list = batch.columns().column(0).as_list::<i32>().value(0);
    assert_eq!(list.as_primitive::<Int64Type>().values(), &[1, 2]);
    assert_eq!(batch.columns().column(1).data_type(), &DataType::Date32);
    let refusal = refusal(b"{\"n\":[1]}\n{\"n\":[]}\n{\"n\":[2,\"secret\"]}", &types);
    assert_eq!((refusal.place.line, refusal.place.column.as_deref()), (Some(3), Some("n[]")));
    assert!(!refusal.to_string().contains("secret"));
}

#[test]
fn rejects_a_line_that_is_not_one_object_with_its_line() {
    for (line, expected) in [
        (b"{\"a\":1".as_slice(), "not a JSON text"),
        (b"{\"a\":1} {\"a\":2}", "not a JSON text"),
        (b"{\"a\":01}", "not a JSON text"),
        (b"{\"a\":\"\\ud800\"}", "not a JSON text"),
        (b"{\"a\":\"\xff\"}", "not UTF-8"),
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b"{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", "same key twice"),
        (b"{\"a\":1,\"\\u0061\":2}", "same key twice"),
        (b"{\"a.b\":1}", "ambiguous"),
        (b"{\"a\":{\"\":1}}", "ambiguous"),
    ] {
        let refusal = refusal(&[b"{}\n\n", line].concat(), &Types::new()).to_string();
        assert!(refusal.starts_with("test, line 3") && refusal.contains(expected), "{expected}: {refusal}");
    }
}

#[test]
fn rejects_a_document_that_is_too_deep() {
    let deep = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(batches(deep(63).as_bytes(), 1 << 20, &Types::new()).is_ok());
    for levels in [64, 100_000] {
        let refusal = refusal(deep(levels).as_bytes(), &Types::new());
        assert!(matches!(refusal.problem, DataProblem::TooDeep { limit: 64 }), "{refusal}");
    }
}

#[test]
fn rejects_keys_that_are_data_before_they_fill_the_memory() {
    let mut text = "{}\n".repeat(1 << 15);
    let members: Vec<_> = (0..4096).map(|key| format!("\"{key}\":1")).collect();
    text.push_str(&format!("{{{}}}\n", members.join(",")));
    let refusal = refusal(text.as_bytes(), &Types::new());
    assert!(matches!(refusal.problem, DataProblem::TooManyPaths), "{refusal}");
}

#[test]
fn an_input_without_a_document_is_refused() {
    for empty in ["", "\n \r\n"] {
        let refusal = refusal(empty.as_bytes(), &Types::new());
        assert!(refusal.to_string().starts_with("test: the input is empty"), "{refusal}");
    }
}

#[test]
fn text_in_another_encoding_is_refused() {
    assert!(matches!(refusal(b"\xff\xfe{\0", &Types::new()).problem, DataProblem::Utf16));
}

proptest! {
    #[test]
    fn where_chunks_are_cut_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(vec!["{\"a\":\"é\"}", "{}", "\n", "\r\n", " "]), 0..20),
    ) {
        // A line has at most one document.
        let text = parts.concat().replace("}{", "}\n{").replace("} {", "}\n{");
        prop_assume!(batches(text.as_bytes(), 1 << 20, &Types::new()).is_ok());
        let rows = |block| {
            let rows = |batch: Batch| {
                let lines = batch.place().lines.clone().unwrap();
                let documents: Vec<_> = batch.documents().unwrap().iter().map(<[u8]>::to_vec).collect();
                lines.into_iter().zip(documents).collect::<Vec<_>>()
            };
            batches(text.as_bytes(), block, &Types::new()).unwrap().into_iter().flat_map(rows).collect::<Vec<_>>()
        };
        let whole = rows(1 << 20);
        for block in 1..=text.len() {
            prop_assert_eq!(&rows(block), &whole);
        }
    }
}

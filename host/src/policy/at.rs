//! A part of the policy and where it stands.

use std::borrow::Cow;
use std::ops::Range;

/// A part of the policy and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// The part.
    pub value: T,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
}

/// The schema of a part says nothing of its place.
impl<T: schemars::JsonSchema> schemars::JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<T>()
    }
}

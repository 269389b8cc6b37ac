//! What generated Go code needs beside itself: its runtime package, modules, and a place where the kit puts the plugin.

/// The module of generated code.
pub(crate) const MODULE: (&str, &str) = ("go.mod", "module moretta/contract\n\ngo 1.25\n");

/// What generated Go code imports, as a module that is found without a proxy.
pub(crate) const RUNTIME: [(&str, &str); 7] = [
    ("go.mod", "module go.bytecodealliance.org/pkg\n\ngo 1.25\n"),
    ("wit/runtime/empty.s", include_str!(concat!(env!("OUT_DIR"), "/wit-runtime-empty.s"))),
    ("wit/runtime/runtime.go", include_str!(concat!(env!("OUT_DIR"), "/wit-runtime-runtime.go"))),
    ("wit/types/option.go", include_str!(concat!(env!("OUT_DIR"), "/wit-types-option.go"))),
    ("wit/types/result.go", include_str!(concat!(env!("OUT_DIR"), "/wit-types-result.go"))),
    ("wit/types/tuple.go", include_str!(concat!(env!("OUT_DIR"), "/wit-types-tuple.go"))),
    ("wit/types/unit.go", include_str!(concat!(env!("OUT_DIR"), "/wit-types-unit.go"))),
];

/// The package that generated code calls, for the worlds that the kit has a layer for: it calls on whatever the kit put
/// into `Plugin`.
pub(crate) fn export(world: &str) -> Option<(&'static str, &'static str)> {
    match world {
        "masker" => Some(("export_moretta_plugin_mask/plugin.go", MASKER)),
        "pseudonym-masker" => Some(("export_moretta_plugin_mask_with_pseudonym_key/plugin.go", PSEUDONYM_MASKER)),
        "classifier" => Some(("export_moretta_plugin_classify/plugin.go", CLASSIFIER)),
        "text-classifier" => Some(("export_moretta_plugin_find/plugin.go", TEXT_CLASSIFIER)),
        _ => None,
    }
}

const MASKER: &str = r#"package export_moretta_plugin_mask

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

// Plugin is what a call is handed on to.
var Plugin func(types.Request, []types.Column, []types.Column) wit.Result[types.Masked, types.BatchError]

func Mask(request types.Request, columns, context []types.Column) wit.Result[types.Masked, types.BatchError] {
	return Plugin(request, columns, context)
}
"#;

const PSEUDONYM_MASKER: &str = r#"package export_moretta_plugin_mask_with_pseudonym_key

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/moretta_plugin_pseudonym"
	types "moretta/contract/moretta_plugin_types"
)

type key = *moretta_plugin_pseudonym.PseudonymKey

// Plugin is what a call is handed on to.
var Plugin func(types.Request, []types.Column, []types.Column, key) wit.Result[types.Masked, types.BatchError]

func Mask(request types.Request, columns, context []types.Column, lent key) wit.Result[types.Masked, types.BatchError] {
	return Plugin(request, columns, context, lent)
}
"#;

const CLASSIFIER: &str = r#"package export_moretta_plugin_classify

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

// Plugin is what a call is handed on to.
var Plugin func(names []string, columns []types.Column) wit.Result[[]types.Finding, types.BatchError]

func Classify(
	_ types.Request, names []string, columns []types.Column,
) wit.Result[[]types.Finding, types.BatchError] {
	return Plugin(names, columns)
}
"#;

const TEXT_CLASSIFIER: &str = r#"package export_moretta_plugin_find

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/moretta_plugin_find"
	types "moretta/contract/moretta_plugin_types"
)

// Plugin is what a call is handed on to.
var Plugin func(name string, column types.Column) wit.Result[[]moretta_plugin_find.Span, types.BatchError]

func Find(
	_ types.Request, name string, column types.Column,
) wit.Result[[]moretta_plugin_find.Span, types.BatchError] {
	return Plugin(name, column)
}
"#;

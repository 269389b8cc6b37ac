package export_moretta_plugin_find

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

package export_moretta_plugin_classify

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

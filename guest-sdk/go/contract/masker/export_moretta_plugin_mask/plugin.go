package export_moretta_plugin_mask

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

// Plugin is what a call is handed on to.
var Plugin func(types.Request, []types.Column, []types.Column) wit.Result[types.Masked, types.BatchError]

func Mask(request types.Request, columns, context []types.Column) wit.Result[types.Masked, types.BatchError] {
	return Plugin(request, columns, context)
}

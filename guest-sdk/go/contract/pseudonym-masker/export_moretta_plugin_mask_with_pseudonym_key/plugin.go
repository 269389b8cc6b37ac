package export_moretta_plugin_mask_with_pseudonym_key

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

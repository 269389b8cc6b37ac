//go:build wasm && masker

package moretta

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/export_moretta_plugin_mask"
	types "moretta/contract/moretta_plugin_types"
	_ "moretta/contract/wit_exports"
)

// Masker makes these functions the plugin.
func Masker(transforms Transforms) Transforms {
	export_moretta_plugin_mask.Plugin = func(
		request types.Request, columns, context []types.Column,
	) wit.Result[types.Masked, types.BatchError] {
		return answer(transforms.Mask(&Call{columns, context, request}))
	}
	return transforms
}

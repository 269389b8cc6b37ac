//go:build wasm

package moretta

import (
	"errors"

	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

func answer(masked Masked, err error) wit.Result[types.Masked, types.BatchError] {
	var refusal Refusal
	switch {
	case err == nil:
		return wit.Ok[types.Masked, types.BatchError](types.Masked(masked))
	case errors.As(err, &refusal):
		return wit.Err[types.Masked](types.BatchError(refusal))
	default:
		return wit.Err[types.Masked](types.BatchErrorInternal)
	}
}

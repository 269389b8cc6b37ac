//go:build wasm

package moretta

import (
	"errors"

	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

func answer(masked Masked, err error) wit.Result[types.Masked, types.BatchError] {
	if err != nil {
		return wit.Err[types.Masked](reason(err))
	}
	return wit.Ok[types.Masked, types.BatchError](types.Masked(masked))
}

// reason is why a batch is refused: what a Refusal says; any other error is a fault.
func reason(err error) types.BatchError {
	var refusal Refusal
	if errors.As(err, &refusal) {
		return types.BatchError(refusal)
	}
	return types.BatchErrorInternal
}

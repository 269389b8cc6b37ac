//go:build wasm && pseudonym_masker

package moretta

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/export_moretta_plugin_mask_with_pseudonym_key"
	"moretta/contract/moretta_plugin_pseudonym"
	types "moretta/contract/moretta_plugin_types"
	_ "moretta/contract/wit_exports"
)

// PseudonymMasker makes these functions the plugin, in the world pseudonym-masker.
func PseudonymMasker(transforms KeyedTransforms) KeyedTransforms {
	export_moretta_plugin_mask_with_pseudonym_key.Plugin = func(
		request types.Request, columns, context []types.Column, key *moretta_plugin_pseudonym.PseudonymKey,
	) wit.Result[types.Masked, types.BatchError] {
		// What is lent is given back before the call ends.
		defer key.Drop()
		return answer(transforms.Mask(&Call{columns, context, request}, lentKey{key}))
	}
	return transforms
}

type lentKey struct{ key *moretta_plugin_pseudonym.PseudonymKey }

func (l lentKey) Digests(column uint32, normalize Normalize, length uint32) ([]byte, error) {
	var flags uint8
	if normalize.Trim {
		flags |= moretta_plugin_pseudonym.NormalizationTrim
	}
	if normalize.ASCIICase {
		flags |= moretta_plugin_pseudonym.NormalizationAsciiCase
	}
	if normalize.Separators {
		flags |= moretta_plugin_pseudonym.NormalizationSeparators
	}
	digests := l.key.Digests(column, flags, length)
	if digests.IsErr() {
		return nil, KeyRefused
	}
	return digests.Ok(), nil
}

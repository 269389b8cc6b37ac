//go:build wasm && text_classifier

package moretta

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/export_moretta_plugin_find"
	"moretta/contract/moretta_plugin_find"
	types "moretta/contract/moretta_plugin_types"
	_ "moretta/contract/wit_exports"
)

// TextClassifier makes this function the plugin, in the world text-classifier.
func TextClassifier(find Find) Find {
	export_moretta_plugin_find.Plugin = func(
		name string, column types.Column,
	) wit.Result[[]moretta_plugin_find.Span, types.BatchError] {
		var found Spans
		texts, err := TextOf(&column)
		if err == nil {
			err = find(name, &texts, &found)
		}
		if err != nil {
			return wit.Err[[]moretta_plugin_find.Span](reason(err))
		}
		spans := make([]moretta_plugin_find.Span, len(found))
		for i, span := range found {
			spans[i] = moretta_plugin_find.Span{
				Row: uint32(span.Row), Start: uint32(span.Start), End: uint32(span.End),
				Label: span.Label, Confidence: span.Confidence,
			}
		}
		return wit.Ok[[]moretta_plugin_find.Span, types.BatchError](spans)
	}
	return find
}

//go:build wasm && classifier

package moretta

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	"moretta/contract/export_moretta_plugin_classify"
	types "moretta/contract/moretta_plugin_types"
	_ "moretta/contract/wit_exports"
)

// Classifier makes this function the plugin. It is asked once for each column of a call.
func Classifier(classify Classify) Classify {
	export_moretta_plugin_classify.Plugin = func(
		names []string, columns []types.Column,
	) wit.Result[[]types.Finding, types.BatchError] {
		var findings []types.Finding
		for index := range columns {
			matches, err := classify(names[index], &columns[index])
			if err != nil {
				return wit.Err[[]types.Finding](reason(err))
			}
			for _, match := range matches {
				if match.Matched > 0 {
					findings = append(findings, types.Finding{
						Column: uint32(index), Label: match.Label, Matched: match.Matched, Examined: match.Examined,
					})
				}
			}
		}
		return wit.Ok[[]types.Finding, types.BatchError](findings)
	}
	return classify
}

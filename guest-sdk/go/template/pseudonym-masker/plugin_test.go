package main

import (
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.KeyedCases(t, "manifest.json", transforms) }

func TestEqualValuesHaveEqualCodesAndOthersHaveOthers(t *testing.T) {
	column := morettatest.Texts("MRN-1", "MRN-2", "MRN-1", nil)
	call := moretta.NewCall("my-plugin", `{"digits":12}`, nil, []moretta.Column{column})
	masked, err := transforms.Mask(call, morettatest.TestKey(column))
	if err != nil {
		t.Fatal(err)
	}
	codes := morettatest.Cells(&masked.Columns[0])
	if codes[0] != codes[2] || codes[0] == codes[1] || codes[3] != nil {
		t.Error(codes)
	}
}

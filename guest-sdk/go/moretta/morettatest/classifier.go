package morettatest

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"moretta"
)

type classifierManifest struct {
	Labels []json.RawMessage `json:"labels"`
	Cases  []struct {
		Name    string            `json:"name"`
		Column  string            `json:"column"`
		Input   map[string][]any  `json:"input"`
		Matched map[string]uint32 `json:"matched"`
	} `json:"cases"`
}

// ClassifierCases runs every golden case of a classifier's manifest as a test of its own.
func ClassifierCases(t *testing.T, manifest string, classify moretta.Classify) {
	t.Helper()
	var read classifierManifest
	readManifest(t, manifest, &read)
	for _, golden := range read.Cases {
		t.Run(golden.Name, func(t *testing.T) {
			input := column(t, golden.Input)
			found, err := classify(golden.Column, &input)
			if err != nil {
				t.Fatal(err)
			}
			// Of several ways to find one label, the most successful counts.
			got := map[string]uint32{}
			for _, match := range found {
				if name := label(read.Labels[match.Label]); match.Matched > got[name] {
					got[name] = match.Matched
				}
			}
			if !reflect.DeepEqual(got, golden.Matched) {
				t.Errorf("found %v, and the case says %v", got, golden.Matched)
			}
		})
	}
}

func readManifest(t *testing.T, manifest string, into any) {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// label is written alone, or with what finding it is worth.
func label(written json.RawMessage) string {
	var whole struct {
		Label string `json:"label"`
	}
	if json.Unmarshal(written, &whole.Label) != nil {
		_ = json.Unmarshal(written, &whole)
	}
	return whole.Label
}

package morettatest

import (
	"reflect"
	"testing"

	"moretta"
)

type textClassifierManifest struct {
	Labels []string `json:"labels"`
	Cases  []struct {
		Name   string           `json:"name"`
		Column string           `json:"column"`
		Input  map[string][]any `json:"input"`
		Found  [][]piece        `json:"found"`
	} `json:"cases"`
}

type piece struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// TextClassifierCases runs every golden case of a text classifier's manifest as a test of its own.
func TextClassifierCases(t *testing.T, manifest string, find moretta.Find) {
	t.Helper()
	var read textClassifierManifest
	readManifest(t, manifest, &read)
	for _, golden := range read.Cases {
		t.Run(golden.Name, func(t *testing.T) {
			input := column(t, golden.Input)
			got := make([][]piece, input.Rows)
			for row := range got {
				got[row] = []piece{}
			}
			texts, err := moretta.TextOf(&input)
			if err != nil {
				t.Fatal(err)
			}
			for _, span := range Find(t, find, golden.Column, &input) {
				text := string(texts.Value(span.Row)[span.Start:span.End])
				got[span.Row] = append(got[span.Row], piece{read.Labels[span.Label], text})
			}
			if !reflect.DeepEqual(got, golden.Found) {
				t.Errorf("found %v, and the case says %v", got, golden.Found)
			}
		})
	}
}

// Find is what a text classifier finds in a column of this name.
func Find(t *testing.T, find moretta.Find, name string, column *moretta.Column) moretta.Spans {
	t.Helper()
	texts, err := moretta.TextOf(column)
	if err != nil {
		t.Fatal(err)
	}
	var found moretta.Spans
	if err := find(name, &texts, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

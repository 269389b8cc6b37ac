package main

import (
	"reflect"
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.TextClassifierCases(t, "manifest.json", finder) }

func TestPlacesAreCountedInBytes(t *testing.T) {
	column := morettatest.Texts(nil, "née HX-20481636", "HX-20481637")
	found := morettatest.Find(t, finder, "note", &column)
	expected := moretta.Spans{{Row: 1, Start: 5, End: 16, Label: mrn, Confidence: confidence}}
	if !reflect.DeepEqual(found, expected) {
		t.Error(found)
	}
}

func TestThePiecesOfARowRiseInWhateverOrderTheyCome(t *testing.T) {
	var found moretta.Spans
	for _, span := range []moretta.Span{{Row: 0, Start: 7}, {Row: 1, Start: 5}, {Row: 1, Start: 2}} {
		found.Add(span)
	}
	if found[0].Start != 7 || found[1].Start != 2 || found[2].Start != 5 {
		t.Error(found)
	}
}

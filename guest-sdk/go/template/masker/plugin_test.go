package main

import (
	"errors"
	"reflect"
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.Cases(t, "manifest.json", transforms) }

func TestNoMoreIsKeptThanIsAskedFor(t *testing.T) {
	column := morettatest.Texts("Ada", "A*", "été", nil)
	masked, err := transforms.Mask(moretta.NewCall("my-plugin", `{"keep":0}`, nil, []moretta.Column{column}))
	if err != nil {
		t.Fatal(err)
	}
	if cells := morettatest.Cells(&masked.Columns[0]); !reflect.DeepEqual(cells, []any{"*", "*", "*", nil}) {
		t.Error(cells)
	}
}

func TestAnotherTransformIsRefused(t *testing.T) {
	_, err := transforms.Mask(moretta.NewCall("other", "{}", nil, nil))
	if !errors.Is(err, moretta.UnknownTransform) {
		t.Error(err)
	}
}

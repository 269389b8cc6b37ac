package main

import (
	"reflect"
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.ClassifierCases(t, "manifest.json", classify) }

func TestNumbersAreCountedAndNullsLeftOut(t *testing.T) {
	column := morettatest.Texts("123-45-6789", nil, "000-12-3456", "987-65-4321")
	found, err := classify("number", &column)
	if err != nil || !reflect.DeepEqual(found, []moretta.Matched{{Label: ssn, Matched: 1, Examined: 3}}) {
		t.Error(found, err)
	}
}

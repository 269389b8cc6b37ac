package main

import (
	"errors"
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.Cases(t, "manifest.json", transforms) }

func survivors(value string) (kept string) {
	for _, b := range []byte(value) {
		if kinds[b] == maskable {
			kept += string(b)
		}
	}
	return kept
}

func FuzzNoMoreThanFourSurviveAndNeverAll(f *testing.F) {
	for _, value := range []string{"/1234", "12345", "--", "a-1 b", "Zoë", "", "****"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		call := moretta.NewCall("last-four", "{}", nil, []moretta.Column{morettatest.Texts("before", value)})
		masked, err := transforms.Mask(call)
		if err != nil {
			t.Fatal(err)
		}
		got := morettatest.Cells(&masked.Columns[0])[1].(string)
		before := survivors(value)
		if len(before) > kept {
			before = before[len(before)-kept:]
		} else {
			before = ""
		}
		if len(masked.Rejections) == 0 && value != "" && (got == value || survivors(got) != before) {
			t.Errorf("%q became %q", value, got)
		}
	})
}

func TestAnotherTransformIsRefused(t *testing.T) {
	_, err := transforms.Mask(moretta.NewCall("other", "{}", nil, nil))
	if !errors.Is(err, moretta.UnknownTransform) {
		t.Error(err)
	}
}

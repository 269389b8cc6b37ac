package main

import (
	"errors"
	"testing"

	"moretta"
	"moretta/morettatest"
)

func TestCases(t *testing.T) { morettatest.KeyedCases(t, "manifest.json", transforms) }

func TestKnownCheckDigits(t *testing.T) {
	// The example of ISO/IEC 7812-1, and an ISBN-10.
	if got := luhn([]byte("7992739871")); got != '3' {
		t.Errorf("Luhn: %c", got)
	}
	if got := modulo11([]byte("030640615")); got != '2' {
		t.Errorf("modulo 11: %c", got)
	}
}

func TestEveryWrongDigitIsFound(t *testing.T) {
	for _, check := range []func([]byte) byte{luhn, modulo11} {
		right := []byte("404177521")
		for at := range right {
			for digit := byte('0'); digit <= '9'; digit++ {
				wrong := append([]byte{}, right...)
				wrong[at] = digit
				if digit != right[at] && check(wrong) == check(right) {
					t.Errorf("%s and %s have one check digit", right, wrong)
				}
			}
		}
	}
}

func TestEqualNumbersStayEqual(t *testing.T) {
	columns := []moretta.Column{morettatest.Texts("MRN-12", "MRN-13", "MRN-12", nil)}
	call := moretta.NewCall("mrn", `{"prefix":"","digits":9,"check":"luhn"}`, nil, columns)
	masked, err := transforms.Mask(call, morettatest.TestKey(columns...))
	if err != nil {
		t.Fatal(err)
	}
	cells := morettatest.Cells(&masked.Columns[0])
	if cells[0] != cells[2] || cells[0] == cells[1] || cells[3] != nil {
		t.Error(cells)
	}
}

func TestARefusedKeyRefusesTheBatch(t *testing.T) {
	columns := []moretta.Column{morettatest.Texts("1")}
	_, err := transforms.Mask(moretta.NewCall("mrn", `{"prefix":"","digits":9,"check":"luhn"}`, nil, columns), morettatest.TestKey())
	if !errors.Is(err, moretta.KeyRefused) {
		t.Error(err)
	}
}

// Finds the record numbers of a house in free text: HX- and eight digits, of which the last checks the others.
package main

import (
	"bytes"

	"moretta"
)

// mrn is the place of that label in manifest.json.
const mrn = 0

// confidence is how sure it is of a number: one of ten others has a right check digit as well.
const confidence = 95

const digits = 8

var prefix = []byte("HX-")

func isDigit(char byte) bool { return '0' <= char && char <= '9' }

func isLetterOrDigit(char byte) bool {
	return isDigit(char) || 'A' <= char && char <= 'Z' || 'a' <= char && char <= 'z'
}

// checks tells whether digits add up to a multiple of ten, with weights of 3 and 1 by turns, as in EAN-8.
func checks(digits []byte) bool {
	sum := 0
	for i, digit := range digits {
		if !isDigit(digit) {
			return false
		}
		sum += (3 - i%2*2) * int(digit-'0')
	}
	return sum%10 == 0
}

// isNumber tells whether these bytes of a text are a number, and no part of something longer.
func isNumber(text []byte, start, end int) bool {
	if end > len(text) || start > 0 && isLetterOrDigit(text[start-1]) || end < len(text) && isLetterOrDigit(text[end]) {
		return false
	}
	return checks(text[start+len(prefix) : end])
}

func find(_ string, texts *moretta.Text, found *moretta.Spans) error {
	for row := range texts.Rows() {
		text := texts.Value(row)
		for start, next := 0, 0; ; start += len(prefix) {
			if next = bytes.Index(text[start:], prefix); next < 0 {
				break
			}
			start += next
			if end := start + len(prefix) + digits; isNumber(text, start, end) {
				found.Add(moretta.Span{Row: row, Start: start, End: end, Label: mrn, Confidence: confidence})
			}
		}
	}
	return nil
}

var finder = moretta.TextClassifier(find)

func main() {}

// Finds columns of US social security numbers.
package main

import "moretta"

// ssn is the place of us-ssn among the labels of manifest.json.
const ssn = 0

// isNumber tells whether a value is nine digits, grouped as 123-45-6789, of an area that is given out.
func isNumber(value []byte) bool {
	const form = "000-00-0000"
	if len(value) != len(form) {
		return false
	}
	for i, char := range value {
		isDigit := '0' <= char && char <= '9'
		if isDigit != (form[i] == '0') || !isDigit && char != '-' {
			return false
		}
	}
	area := string(value[:3])
	return area != "000" && area != "666" && area < "900"
}

func find(_ string, column *moretta.Column) ([]moretta.Matched, error) {
	text, err := moretta.TextOf(column)
	if err != nil {
		// Nothing is found in what is no text.
		return nil, nil
	}
	found := moretta.Matched{Label: ssn}
	for row := range text.Rows() {
		if text.IsNull(row) {
			continue
		}
		found.Examined++
		if isNumber(text.Value(row)) {
			found.Matched++
		}
	}
	return []moretta.Matched{found}, nil
}

var classify = moretta.Classifier(find)

func main() {}

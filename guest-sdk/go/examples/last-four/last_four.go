// Masks the letters and digits of ASCII text but the last four: the plugin that the languages are compared by.
package main

import "moretta"

const (
	kept = 4
	fill = '*'
)

const (
	separator = iota
	maskable
	outsideASCII
)

// kinds says of each byte what it is: one look instead of comparisons.
var kinds = func() (kinds [256]uint8) {
	for b := range kinds {
		letter := b | 0x20
		switch {
		case b >= 0x80:
			kinds[b] = outsideASCII
		case letter >= 'a' && letter <= 'z', b >= '0' && b <= '9':
			kinds[b] = maskable
		}
	}
	return
}()

// maskOne masks a value in its place, from its end. False if it is not ASCII.
func maskOne(value []byte) bool {
	seen := 0
	for at := len(value) - 1; at >= 0; at-- {
		kind := kinds[value[at]]
		if kind == outsideASCII {
			return false
		}
		seen += int(kind)
		if kind == maskable && seen > kept {
			value[at] = fill
		}
	}
	// Too little to keep any of it; or nothing but separators, which would say all.
	if seen <= kept {
		for at, b := range value {
			if seen == 0 || kinds[b] == maskable {
				value[at] = fill
			}
		}
	}
	return true
}

func isFilled(value []byte) bool {
	for _, b := range value {
		if b != fill {
			return false
		}
	}
	return len(value) > 0
}

func hide(value []byte) {
	for at := range value {
		value[at] = fill
	}
}

func mask(call *moretta.Call) (masked moretta.Masked, err error) {
	column, err := call.Only()
	if err != nil {
		return masked, err
	}
	text, err := moretta.TextOf(column)
	if err != nil {
		return masked, err
	}
	for row := range text.Rows() {
		value := text.Value(row)
		if isFilled(value) {
			masked.Reject(row, moretta.Unchanged)
		} else if !maskOne(value) {
			hide(value)
			masked.Reject(row, moretta.Unsupported)
		}
	}
	masked.Add(*column)
	return masked, nil
}

var transforms = moretta.Masker(moretta.Transforms{"last-four": mask})

func main() {}

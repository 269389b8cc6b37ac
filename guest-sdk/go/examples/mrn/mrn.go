// Medical record numbers, replaced by numbers of one form that pass the check of systems behind: `MRN 0012-345` becomes
// `M-40417-75210-3`, digits from a keyed digest in groups of five, and a check digit.
package main

import (
	"bytes"

	"moretta"
)

type config struct {
	Prefix string `json:"prefix"`
	Digits int    `json:"digits"`
	Check  string `json:"check"`
}

const (
	digestLength = 16
	groupLength  = 5
)

// appendDigits appends the last digits of a digest taken as one number.
func appendDigits(to, digest []byte, count int) []byte {
	var low, high uint64
	for _, b := range digest[:digestLength/2] {
		low = low<<8 | uint64(b)
	}
	for _, b := range digest[digestLength/2:] {
		high = high<<8 | uint64(b)
	}
	for at := range count {
		number := &low
		if at >= 9 {
			number = &high
		}
		to = append(to, byte('0'+*number%10))
		*number /= 10
	}
	return to
}

// luhn is the check digit of ISO/IEC 7812-1, which finds each wrong digit and most transpositions.
func luhn(digits []byte) byte {
	sum := 0
	for at := range digits {
		digit := int(digits[len(digits)-1-at] - '0')
		if at%2 == 0 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return byte('0' + (10-sum%10)%10)
}

// modulo11 is the check of ISBN-10 and many record numbers, which finds every transposition too; X stands for ten.
func modulo11(digits []byte) byte {
	sum := 0
	for at := range digits {
		sum += int(digits[len(digits)-1-at]-'0') * (at%9 + 2)
	}
	return "0123456789X"[(11-sum%11)%11]
}

func appendNumber(to, digest []byte, config config) []byte {
	digits := appendDigits(make([]byte, 0, 18), digest, config.Digits)
	to = append(to, config.Prefix...)
	for start := 0; start < len(digits); start += groupLength {
		to = append(append(to, digits[start:min(start+groupLength, len(digits))]...), '-')
	}
	if config.Check == "modulo-11" {
		return append(to, modulo11(digits))
	}
	return append(to, luhn(digits))
}

// hasDigit tells whether there is a number in a value at all.
func hasDigit(value []byte) bool { return bytes.ContainsAny(value, "0123456789") }

func mask(call *moretta.Call, key moretta.PseudonymKey) (masked moretta.Masked, err error) {
	var config config
	if err := call.Config(&config); err != nil {
		return masked, err
	}
	column, err := call.Only()
	if err != nil {
		return masked, err
	}
	text, err := moretta.TextOf(column)
	if err != nil {
		return masked, err
	}
	// Spaces and hyphens do not make another number of it.
	normalize := moretta.Normalize{Trim: true, ASCIICase: true, Separators: true}
	digests, err := key.Digests(0, normalize, digestLength)
	if err != nil {
		return masked, err
	}
	numbers := moretta.NewTextBuilder(text.Rows(), text.Rows()*(len(config.Prefix)+config.Digits*3/2))
	for row := range text.Rows() {
		value := text.Value(row)
		switch {
		case text.IsNull(row):
			numbers.Null()
		case len(value) == 0:
			numbers.End()
		case !hasDigit(value):
			masked.Reject(row, moretta.Unparsable)
			numbers.Null()
		default:
			digest := digests[row*digestLength : (row+1)*digestLength]
			numbers.Data = appendNumber(numbers.Data, digest, config)
			numbers.End()
		}
	}
	masked.Add(numbers.Finish())
	return masked, nil
}

var transforms = moretta.PseudonymMasker(moretta.KeyedTransforms{"mrn": mask})

func main() {}

// Codes of a letter and digits, from a keyed digest of the value.
package main

import (
	"encoding/binary"
	"fmt"

	"moretta"
)

// config has the options of a rule, as the schema in manifest.json has them.
type config struct {
	Digits int `json:"digits"`
}

// digest is how many bytes of the digest of a value are taken, as one number.
const digest = 8

// code has the last digits of a digest.
func code(bytes []byte, digits int) string {
	number := fmt.Sprintf("%0*d", digits, binary.BigEndian.Uint64(bytes))
	return "C" + number[len(number)-digits:]
}

func mask(call *moretta.Call, key moretta.PseudonymKey) (masked moretta.Masked, err error) {
	column, err := call.Only()
	if err != nil {
		return masked, err
	}
	var config config
	if err := call.Config(&config); err != nil {
		return masked, err
	}
	digests, err := key.Digests(0, moretta.Normalize{Trim: true, ASCIICase: true}, digest)
	if err != nil {
		return masked, err
	}
	rows := int(column.Rows)
	codes := moretta.NewTextBuilder(rows, rows*(config.Digits+1))
	for row := range rows {
		if moretta.IsNull(column, row) {
			codes.Null()
		} else {
			codes.Push(code(digests[row*digest:(row+1)*digest], config.Digits))
		}
	}
	masked.Add(codes.Finish())
	return masked, nil
}

var transforms = moretta.PseudonymMasker(moretta.KeyedTransforms{"my-plugin": mask})

func main() {}

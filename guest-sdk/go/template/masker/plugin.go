// Keeps the first characters of a text.
package main

import "moretta"

// config has the options of a rule, as the schema in manifest.json has them.
type config struct {
	Keep int `json:"keep"`
}

// kept are the first characters of a value; none if it has no more than those.
func kept(value []byte, keep int) []byte {
	characters := 0
	for at := range string(value) {
		if characters == keep {
			return value[:at]
		}
		characters++
	}
	return nil
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
	var config config
	if err := call.Config(&config); err != nil {
		return masked, err
	}
	builder := moretta.NewTextBuilder(text.Rows(), 4*text.Rows())
	for row := range text.Rows() {
		value := text.Value(row)
		short := string(kept(value, config.Keep)) + "*"
		switch {
		case text.IsNull(row):
			builder.Null()
		case len(value) == 0:
			builder.Push("")
		case short == string(value):
			masked.Reject(row, moretta.Unchanged)
			builder.Null()
		default:
			builder.Push(short)
		}
	}
	masked.Add(builder.Finish())
	return masked, nil
}

var transforms = moretta.Masker(moretta.Transforms{"my-plugin": mask})

func main() {}

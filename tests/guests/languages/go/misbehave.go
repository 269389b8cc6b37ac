package main

import (
	"errors"

	"moretta"
)

var held [][]byte

func recurse(depth int) int { return 1 + recurse(depth+1) }

func keep(call *moretta.Call) (moretta.Masked, error) {
	return moretta.Masked{Columns: call.Columns}, nil
}

func shorten(call *moretta.Call) (moretta.Masked, error) {
	call.Columns[0].Rows--
	return keep(call)
}

var _ = moretta.Masker(moretta.Transforms{
	"spin": func(*moretta.Call) (moretta.Masked, error) {
		for {
		}
	},
	"recurse": func(*moretta.Call) (moretta.Masked, error) {
		return moretta.Masked{}, moretta.Refusal(recurse(0) % 7)
	},
	"hoard": func(*moretta.Call) (moretta.Masked, error) {
		for {
			held = append(held, make([]byte, 1<<20))
		}
	},
	"fail": func(*moretta.Call) (moretta.Masked, error) { panic("said to nobody") },
	"refuse": func(*moretta.Call) (moretta.Masked, error) {
		return moretta.Masked{}, errors.New("said to nobody")
	},
	"keep":    keep,
	"shorten": shorten,
})

func main() {}

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
	"unsafe"

	"moretta"
)

var (
	held [][]byte
	seen = "clean"
)

func recurse(depth int) int { return 1 + recurse(depth+1) }

func keep(call *moretta.Call) (moretta.Masked, error) {
	return moretta.Masked{Columns: call.Columns}, nil
}

func shorten(call *moretta.Call) (moretta.Masked, error) {
	call.Columns[0].Rows--
	return keep(call)
}

func garble(call *moretta.Call) (moretta.Masked, error) {
	text, err := moretta.TextOf(&call.Columns[0])
	for i := range text.Data {
		text.Data[i] = 0xff
	}
	return moretta.Masked{Columns: call.Columns}, err
}

// Every value is what is said, and there are some rows more.
func saying(more int, say func(value string) string) func(*moretta.Call) (moretta.Masked, error) {
	return func(call *moretta.Call) (moretta.Masked, error) {
		text, err := moretta.TextOf(&call.Columns[0])
		if err != nil {
			return moretta.Masked{}, err
		}
		builder := moretta.NewTextBuilder(text.Rows()+more, 0)
		for row := range text.Rows() + more {
			builder.Push(say(string(text.Value(min(row, text.Rows()-1)))))
		}
		return moretta.Masked{Columns: []moretta.Column{builder.Finish()}}, nil
	}
}

// What an earlier batch left.
func pollute(string) string {
	left := seen
	seen = "polluted"
	return left
}

// The order of a map, and where things lie.
func seed(string) string {
	var order strings.Builder
	for key := range map[int]bool{1: true, 2: true, 3: true, 4: true} {
		fmt.Fprint(&order, key)
	}
	return fmt.Sprintf("%d %s %p", rand.Uint64(), order.String(), new(int))
}

// Calls the bytes of a value as if they were a function.
func evaluate(value string) string {
	code := unsafe.StringData(value)
	function := unsafe.Pointer(&code)
	return (*(*func() string)(unsafe.Pointer(&function)))()
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
	"keep":     keep,
	"shorten":  shorten,
	"lengthen": saying(1, func(string) string { return "one more" }),
	"flood":    saying(0, func(string) string { return strings.Repeat("x", 16<<20) }),
	"garble":   garble,
	"clock":    saying(0, func(string) string { return fmt.Sprint(time.Now().UnixNano()) }),
	"seed":     saying(0, seed),
	"pollute":  saying(0, pollute),
	// Its expressions match in linear time.
	"backtrack": saying(0, func(value string) string {
		return fmt.Sprint(regexp.MustCompile(`^(\w+\s?)*$`).MatchString(strings.Repeat(value, 64) + "!"))
	}),
	"evaluate": saying(0, evaluate),
})

func main() {}

package profiles

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"wspsim/netmodel"
)

// A value without a word would be shown as its number.
func TestEveryValueOfAChoiceHasAWord(t *testing.T) {
	var walk func(prefix string, typ reflect.Type, index []int)
	walk = func(prefix string, typ reflect.Type, index []int) {
		for i := range typ.NumField() {
			f, at := typ.Field(i), append(append([]int(nil), index...), i)
			switch {
			case f.Type.Kind() == reflect.Struct:
				walk(prefix+f.Name+".", f.Type, at)
			case f.Type.Kind() != reflect.Uint8 || f.Type.PkgPath() == "":
			default:
				everyValueHasAWord(t, prefix+f.Name, at)
			}
		}
	}
	walk("", reflect.TypeFor[netmodel.Profile](), nil)
}

func everyValueHasAWord(t *testing.T, name string, index []int) {
	words := map[string]bool{}
	for v := range uint8(255) {
		p := WSP()
		reflect.ValueOf(&p).Elem().FieldByIndex(index).SetUint(uint64(v))
		if err := p.Validate(); err != nil && strings.Contains(err.Error(), "there is no such setting") {
			if v == 0 || len(words) < 2 {
				t.Errorf("%s: fields.go has the words %v, want one for each value", name, words)
			}
			return
		}
		for _, f := range fieldsOf(&p) {
			if f.path != name {
				continue
			}
			words[f.value] = true
			if _, err := strconv.Atoi(f.value); err == nil {
				t.Errorf("%s %d has no word in fields.go", name, v)
			}
		}
	}
	t.Errorf("%s: Validate lets every value pass", name)
}

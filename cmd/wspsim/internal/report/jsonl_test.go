package report

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wspsim/netmodel"
	"wspsim/netmodel/trace"
)

func TestEveryKeyAndKindOfJSONLinesIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../../testdata/views/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, schema, _ := strings.Cut(string(page), "## JSON Lines")
	keyTable, kindTable, _ := strings.Cut(schema, "| kind | what happened |")
	var keys, kinds []string
	for _, of := range []reflect.Type{reflect.TypeFor[record](), reflect.TypeFor[queue]()} {
		for i := range of.NumField() {
			key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			keys = append(keys, key)
		}
	}
	for k := netmodel.Called; trace.KindName(k) != ""; k++ {
		kinds = append(kinds, trace.KindName(k))
	}
	documented := func(table string, row string) (names []string) {
		for _, m := range regexp.MustCompile(row).FindAllStringSubmatch(table, -1) {
			names = append(names, regexp.MustCompile(`[a-z_]+`).FindAllString(m[1], -1)...)
		}
		return names
	}
	got := documented(keyTable, "(?m)^\\| (`[a-z_]+`) \\| (?:number|text|object) ")
	if !slices.Equal(got, keys) {
		t.Errorf("the page has the keys %q, want %q", got, keys)
	}
	got = documented(kindTable, "(?m)^\\| (`[^|]+`) \\|")
	slices.Sort(got)
	slices.Sort(kinds)
	if !slices.Equal(got, kinds) {
		t.Errorf("the page has the kinds %q, want %q", got, kinds)
	}
}

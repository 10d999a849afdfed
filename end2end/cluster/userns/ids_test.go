package userns

import (
	"slices"
	"strings"
	"testing"
)

const subordinate = `# a comment
root:100000:65536
dev:165536:65536
1001:300000:1000
dev:400000:10
devel:500000:65536
dev:no:65536
dev:600000
dev:700000:0
dev:4294967295:2
`

func TestIDsAreGrantedByNameOrByNumber(t *testing.T) {
	for _, c := range []struct {
		name string
		uid  int
		want []ids
	}{
		{"dev", 7, []ids{{165536, 65536}, {400000, 10}}},
		{"dev", 1001, []ids{{165536, 65536}, {300000, 1000}, {400000, 10}}},
		{"other", 1001, []ids{{300000, 1000}}},
		{"de", 7, nil},
		{"", 7, nil},
	} {
		if got := granted(subordinate, c.name, c.uid); !slices.Equal(got, c.want) {
			t.Errorf("%s (%d) has %v, not %v", c.name, c.uid, got, c.want)
		}
	}
}

func TestRootIsTheUserAndTheRestFollowsWithoutAGap(t *testing.T) {
	got := strings.Join(mapping(1001, []ids{{165536, 60000}, {400000, 5533}}), " ")
	if want := "0 1001 1 1 165536 60000 60001 400000 5533"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestWhoLacksIDsIsToldACommandThatTakesThemFromNobody(t *testing.T) {
	for _, c := range []struct {
		have []ids
		want string
	}{
		{nil, "/etc/subuid grants no ids to dev, and pods need 65533: `sudo usermod --add-subuids 565536-631071 --add-subgids 565536-631071 dev`"},
		{[]ids{{1, 999}}, "/etc/subuid grants only 999 ids to dev, and pods need 65533: `sudo usermod --add-subuids 565536-631071 --add-subgids 565536-631071 dev`"},
	} {
		groups := "root:100000:65536\n"
		if got := tooFew("/etc/subuid", c.have, "dev", strings.Replace(subordinate, "dev:4294967295:2\n", "", 1), groups).Error(); got != c.want {
			t.Errorf("%s\nnot\n%s", got, c.want)
		}
	}
	if first := unused("", "# nothing\n"); first != 100000 {
		t.Errorf("the first range begins at %d", first)
	}
}

package hanzi

import (
	"strings"
	"testing"
)

func TestSimple(t *testing.T) {
	for in, want := range map[string]string{"貴州銀業": "贵州银业", "怡亞通": "怡亚通", "贵州abc": "贵州abc", "": "", "鄰": "邻"} {
		if got := Simple(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestReadings(t *testing.T) {
	for r, want := range map[rune]string{'长': "chang zhang", '長': "chang zhang", '怡': "yi", 'A': "a", '7': "7", '。': ""} {
		if got := strings.Join(Readings(r), " "); got != want {
			t.Errorf("%c reads %q, want %q", r, got, want)
		}
	}
}

func TestMark(t *testing.T) {
	for _, c := range []struct{ text, typed, want string }{
		{"深圳市怡亚通公司", "怡亚", "深圳市[怡亚]通公司"},
		{"深圳市怡亚通公司", "怡亞通", "深圳市[怡亚通]公司"},
		{"深圳市怡亚通公司", "yyt", "深圳市[怡亚通]公司"},
		{"深圳市怡亚通公司", "yiyatong", "深圳市[怡亚通]公司"},
		{"深圳市怡亚通公司", "yiyat", "深圳市[怡亚通]公司"},
		{"长安长安", "changan", "[长安]长安"},
		{"公司的公司", "公司", "[公司]的[公司]"},
		{"ACME Tools", "ａｃｍ", "[ACM]E Tools"},
		{"贵州5G集团", "5g集团", "贵州[5G集团]"},
		{"QY-2020-0001", "0001", "QY-2020-[0001]"},
		{"甲乙", "丙", "甲乙"},
		{"甲乙", "、", "甲乙"},
		{"", "甲", ""},
		{"甲", "", "甲"},
	} {
		var b strings.Builder
		for _, p := range Mark(c.text, c.typed) {
			if p.Hit {
				b.WriteString("[" + p.Text + "]")
			} else {
				b.WriteString(p.Text)
			}
		}
		if b.String() != c.want {
			t.Errorf("%q in %q: %s, want %s", c.typed, c.text, &b, c.want)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("深圳市怡亚通公司", "yyt")
	f.Add("\xff𬭎", "\xfe")
	f.Fuzz(func(t *testing.T, text, typed string) {
		var b strings.Builder
		for _, p := range Mark(text, typed) {
			b.WriteString(p.Text)
		}
		if b.String() != string([]rune(text)) {
			t.Errorf("%q became %q", text, &b)
		}
	})
}

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int64
	}{
		{"佳泰连接器", "佳泰连接器", 100}, {"佳泰连接器", "佳泰 连接器", 100}, {"佳泰连接器", "佳泰电子", 28}, {"甲乙", "丙丁", 0}, {"", "", 0}, {"好", "好", 0}, {"哈哈哈", "哈哈", 66},
	} {
		if got := Alike(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d", c.a, c.b, got)
		}
	}
}

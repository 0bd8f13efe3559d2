package web

import (
	"context"
	"testing"
	"time"
)

func TestFixed(t *testing.T) {
	for _, c := range []struct {
		n               int64
		scale, decimals int
		want            string
	}{
		{0, 0, 0, "0"},
		{30076, 0, 0, "30,076"},
		{-3200, 0, 0, "−3,200"},
		{999, 0, 0, "999"},
		{1000, 0, 0, "1,000"},
		{17770200000000, 10, 2, "1,777.02"},
		{17770200000000, 2, 2, "177,702,000,000.00"},
		{5, 2, 2, "0.05"},
		{-5, 2, 2, "−0.05"},
		{49, 4, 2, "0.00"},
		{50, 4, 2, "0.01"},
		{-49, 4, 2, "0.00"},
		{-50, 4, 2, "−0.01"},
		{-1 << 63, 0, 0, "−9,223,372,036,854,775,808"},
		{1<<63 - 1, 10, 2, "922,337,203.69"},
		{7, 0, 2, "7.00"},
	} {
		if got := Fixed(c.n, c.scale, c.decimals); got != c.want {
			t.Errorf("Fixed(%d, %d, %d) = %q, want %q", c.n, c.scale, c.decimals, got, c.want)
		}
	}
}

func TestMoney(t *testing.T) {
	zh, en := WithLang(context.Background(), "zh"), WithLang(context.Background(), "en")
	for _, c := range []struct {
		fen    int64
		unit   Unit
		zh, en string
	}{
		{17770200000000, Yi, "1,777.02亿元", "177.70 billion yuan"},
		{18500000000, Wan, "18,500.00万元", "185.00 million yuan"},
		{-320000000, Wan, "−320.00万元", "−3.20 million yuan"},
		{123456, Yuan, "1,234.56元", "1,234.56 yuan"},
	} {
		if got := Money(zh, c.fen, c.unit).String(); got != c.zh {
			t.Errorf("zh %d: %q", c.fen, got)
		}
		if got := Money(en, c.fen, c.unit).String(); got != c.en {
			t.Errorf("en %d: %q", c.fen, got)
		}
	}
	if MoneyCellOr(zh, nil, Wan) != Nil || IntOr(nil) != Nil {
		t.Error("no value is not a dash")
	}
	if MoneyCell(en, 18500000000, Wan) != "185.00" || MoneyUnit(en, Wan) != "million yuan" || MoneyUnit(zh, Yi) != "亿元" {
		t.Error("column")
	}
	if MoneyInput(123000000, Wan) != "123" || MoneyInput(-5, Yuan) != "-0.05" || MoneyInput(21600000001, Wan) != "21600.000001" {
		t.Error("input")
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		decimals    int
		want        string
	}{
		{6392100, 17770200, 2, "35.97"},
		{1583, 4126, 1, "38.4"},
		{1, 0, 1, Nil},
		{-1, 3, 1, "−33.3"},
		{1, -3, 1, "−33.3"},
		{1 << 62, 1 << 62, 1, "100.0"},
		{1<<63 - 1, 1, 2, Nil},
		{1, 2000, 1, "0.1"},
		{-1 << 63, -1 << 63, 0, "100"},
	} {
		if got := Rate(c.part, c.whole, c.decimals); got != c.want {
			t.Errorf("Rate(%d, %d) = %q, want %q", c.part, c.whole, got, c.want)
		}
	}
	if Growth(2293, 1000, 1) != "+129.3" || Growth(5, 0, 1) != Nil || Growth(900, 1000, 1) != "−10.0" || Signed("0.00") != "0.00" {
		t.Error("growth")
	}
	if Share(700000) != "0.70" || Bytes(1887437) != "1.8 MB" || Bytes(700) != "1 KB" {
		t.Error("share or bytes")
	}
}

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		in   string
		unit Unit
		fen  int64
		code string
		fix  string
	}{
		{"1234.56", Yuan, 123456, "", ""},
		{"１２３４．５６", Yuan, 123456, "", ""},
		{" 1,234.5 ", Yuan, 123450, "", ""},
		{"¥12", Yuan, 1200, "", ""},
		{"￥12元", Yuan, 1200, "", ""},
		{"2160", Wan, 2160000000, "", ""},
		{"2,160.00万元", Wan, 2160000000, "", ""},
		{"1.5亿", Wan, 0, "other_unit", "15000"},
		{"1.5亿", Yuan, 0, "other_unit", "150000000"},
		{"15000万", Yi, 0, "other_unit", "1.5"},
		{"-5", Yuan, -500, "", ""},
		{"−5", Yuan, -500, "", ""},
		{"0", Yuan, 0, "", ""},
		{"0.10", Yuan, 10, "", ""},
		{".5", Yuan, 50, "", ""},
		{"0.000001", Wan, 1, "", ""},
		{"0.0000001", Wan, 0, "too_precise", ""},
		{"1.234", Yuan, 0, "too_precise", ""},
		{"1.2300", Yuan, 123, "", ""},
		{"NaN", Yuan, 0, "not_number", ""},
		{"1e9", Yuan, 0, "not_number", ""},
		{"1e9999", Yuan, 0, "not_number", ""},
		{"Infinity", Yuan, 0, "not_number", ""},
		{"0x10", Yuan, 0, "not_number", ""},
		{"1_000", Yuan, 0, "not_number", ""},
		{"1,23", Yuan, 0, "not_number", ""},
		{"12,34,567", Yuan, 0, "not_number", ""},
		{"5.", Yuan, 0, "not_number", ""},
		{"--5", Yuan, 0, "not_number", ""},
		{"-+5", Yuan, 0, "not_number", ""},
		{"", Yuan, 0, "required", ""},
		{"万", Wan, 0, "required", ""},
		{"92233720368547758.08", Yuan, 0, "too_large", ""},
		{"100000000000000", Yuan, MaxFen, "", ""},
		{"100000000000000.01", Yuan, 0, "too_large", ""},
		{"99999999999999999999", Yi, 0, "too_large", ""},
		{"१२", Yuan, 0, "not_number", ""},
		{"1 000", Yuan, 0, "not_number", ""},
		{"=1+1", Yuan, 0, "not_number", ""},
	} {
		fen, f := ParseMoney(c.in, c.unit)
		if f == nil && c.code != "" || f != nil && (f.Code != c.code || f.Fix != c.fix || f.Words.ZH == "" || f.Words.EN == "") || fen != c.fen {
			t.Errorf("ParseMoney(%q, %d) = %d, %+v", c.in, c.unit, fen, f)
		}
	}
}

func TestParseInt(t *testing.T) {
	for in, code := range map[string]string{"12.5": "not_integer", "１２": "", "1,000": "", "9223372036854775808": "too_large", "-1": "", "x": "not_number", "12.0": ""} {
		if _, f := ParseInt(in); (f == nil) != (code == "") || f != nil && f.Code != code {
			t.Errorf("ParseInt(%q): %+v", in, f)
		}
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"2020-12-15": "2020-12-15", "2020/2/3": "2020-02-03", "2020.12.15": "2020-12-15", "2020年12月5日": "2020-12-05",
		"20201215": "2020-12-15", "２０２０－１２－１５": "2020-12-15", "": "", " 2020-12-15 ": "2020-12-15", "2020-02-29": "2020-02-29",
		"2026/2/30": "no_such_day", "2020-13-02": "no_such_day", "2021-02-29": "no_such_day", "12/15/2020": "not_date", "20-12-15": "not_date",
		"2020-12/15": "not_date", "yesterday": "not_date", "45747": "not_date", "1899-12-31": "year_out_of_range", "2020-00-10": "no_such_day",
	} {
		got, f := ParseDate(in)
		if f != nil {
			got = f.Code
		}
		if got != want {
			t.Errorf("ParseDate(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"45747": "2025-03-31", "61": "1900-03-01", "1": "1900-01-01", "59": "1900-02-28", "60": "not_date", "0": "not_date", "20201215": "2020-12-15", "2026/2/30": "no_such_day", "999999": "not_date"} {
		got, guessed, f := ParseDateCell(in)
		if f != nil {
			got = f.Code
		}
		if got != want || f == nil && guessed != (len(in) < 8) {
			t.Errorf("ParseDateCell(%q) = %q %v, want %q", in, got, guessed, want)
		}
	}
}

func TestDeadline(t *testing.T) {
	ctx := WithShell(context.Background(), Shell{Lang: "zh", Now: time.Date(2020, 12, 16, 2, 5, 0, 0, time.UTC)})
	for date, want := range map[string]Deadline{
		"2020-12-14": {"逾期 2 天", Alarm, "2020-12-14"}, "2020-12-16": {"今天", Due, "2020-12-16"},
		"2020-12-17": {"明天", Calm, "2020-12-17"}, "2021-01-31": {"剩 46 天", Calm, "2021-01-31"}, "": {"—", Calm, ""},
	} {
		if got := Left(ctx, date); got != want {
			t.Errorf("Left(%s) = %+v", date, got)
		}
	}
	at := func(s string) time.Time { v, _ := time.ParseInLocation("2006-01-02 15:04", s, zone); return v }
	for in, want := range map[string]string{"2020-12-16 09:42": "09:42", "2020-12-15 17:31": "昨 17:31", "2020-12-07 10:08": "12-07 10:08", "2019-11-20 08:00": "2019-11-20 08:00"} {
		if got := Moment(ctx, at(in)); got != want {
			t.Errorf("Moment(%s) = %q", in, got)
		}
	}
	if d := LeftAt(ctx, at("2020-12-16 18:00")); d.Text != "今天 18:00" || d.Tone != Due {
		t.Errorf("%+v", d)
	}
	if d := LeftAt(ctx, at("2020-12-16 09:00")); d.Tone != Alarm {
		t.Errorf("%+v", d)
	}
	if ShortDate(ctx, "2020-12-15") != "12-15" || ShortDate(ctx, "2019-12-15") != "2019-12-15" || DueCell(ctx, "2020-12-21").Text != "12-21" || LongDate(ctx, "2020-12-16") != "2020-12-16 周三" {
		t.Error("dates")
	}
}

// FuzzParseMoney: whatever is typed, the answer is a fault or an amount that, written out again in the same
// unit, reads as the same amount and stays within the maximum.
func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"1234.56", "1.5亿", "１２３４．５６", "1e9", "-0", "92233720368547758.08", ",,,", "￥1万"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, which uint8) {
		u := []Unit{Yuan, Wan, Yi, Fen}[which%4]
		fen, bad := ParseMoney(s, u)
		if bad != nil {
			if bad.Code == "" || bad.Words.ZH == "" || fen != 0 {
				t.Fatalf("%q: %d %+v", s, fen, bad)
			}
			if bad.Fix != "" {
				if _, again := ParseMoney(bad.Fix, u); again != nil {
					t.Fatalf("%q: the offered %q is refused: %+v", s, bad.Fix, again)
				}
			}
			return
		}
		if fen > MaxFen || fen < -MaxFen {
			t.Fatalf("%q: %d is above the maximum", s, fen)
		}
		if back, again := ParseMoney(MoneyInput(fen, u), u); again != nil || back != fen {
			t.Fatalf("%q: %d comes back as %d, %+v", s, fen, back, again)
		}
	})
}

// FuzzParseDate: the answer is a fault, blank, or a date that reads as itself.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2020-12-15", "2020年2月30日", "45747", "60", "２０２０／１／１", "20201301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, _, bad := ParseDateCell(s)
		if bad != nil || d == "" {
			return
		}
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			t.Fatalf("%q gives %q", s, d)
		}
		if again, bad := ParseDate(d); bad != nil || again != d {
			t.Fatalf("%q gives %q, then %q", s, d, again)
		}
	})
}

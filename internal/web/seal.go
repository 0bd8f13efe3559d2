package web

import "context"

// SealState is how far one verdict of a claim has come.
type SealState string

// The states of a verdict.
const (
	SealWait SealState = "wait" // not yet
	SealDone SealState = "done" // given
	SealBack SealState = "back" // returned
	SealVoid SealState = "void" // voided by an edit
)

// Seals are the three verdicts of a claim in the order 报 审 认.
type Seals struct{ Filed, Reviewed, Recognised SealState }

// SealsFor is the row of a fact that stands in a book and all below it.
func SealsFor(book string) Seals {
	s := Seals{SealWait, SealWait, SealWait}
	switch book {
	case "recognised":
		s.Recognised = SealDone
		fallthrough
	case "reviewed":
		s.Reviewed = SealDone
		fallthrough
	case "filed":
		s.Filed = SealDone
	}
	return s
}

func (s Seals) of(book string) SealState {
	switch book {
	case "filed":
		return s.Filed
	case "reviewed":
		return s.Reviewed
	}
	return s.Recognised
}

// class is the look of one seal: given ones look like their book.
func (s Seals) class(book string) string {
	switch st := s.of(book); st {
	case SealDone:
		return book
	case "":
		return "wait"
	default:
		return string(st)
	}
}

func (s Seals) label(ctx context.Context) string {
	out := ""
	for i, b := range books {
		if i > 0 {
			out += T(ctx, "list.comma")
		}
		st := s.of(b)
		if st == "" {
			st = SealWait
		}
		out += T(ctx, "seal.label", T(ctx, "book."+b), T(ctx, "seal."+string(st)))
	}
	return out
}

// StampProps is a verdict with who gave it and when.
type StampProps struct {
	Book  string // filed, reviewed, recognised
	State SealState
	Text  string // four characters, read right column first: 省局认定; "" takes the book's
	Who   string
	When  string
	Tone  string // due colours When
}

func (p StampProps) class() string {
	switch p.State {
	case SealDone, "":
		return p.Book
	default:
		return string(p.State)
	}
}

// stampChars are the four characters in the grid's order.
func stampChars(ctx context.Context, p StampProps) []string {
	text := p.Text
	if text == "" {
		text = T(ctx, "stamp."+p.Book)
	}
	var out []string
	for _, r := range text {
		if len(out) < 4 {
			out = append(out, string(r))
		}
	}
	return out
}

func sealChar(ctx context.Context, book string) string { return T(ctx, "seal.char."+book) }

package demo

import (
	"bytes"
	"context"
	"fmt"
	"unicode/utf16"

	"zhudian/internal/blob"
	"zhudian/internal/verify"
)

// proofs are the files that prove a unit's contracts and payments of a day.
type proofs struct{ contracts, vouchers []verify.Evidence }

func (m *maker) proofs(ctx context.Context, today *dayOfUnit) (out proofs, err error) {
	for _, d := range today.signs {
		e, err := m.proof(ctx, "投资合同.pdf", "投 资 合 同（演示样张）", []string{
			"项目：" + d.name, "投资方：" + d.lead.name, "签约日期：" + d.signed,
			"约定投资额：" + yuan(d.amount) + " 元", "本页为演示数据，不具法律效力。",
		})
		if err != nil {
			return out, err
		}
		out.contracts = append(out.contracts, e)
	}
	for _, x := range today.steps {
		if x.deal.dossier.Blob == "" {
			if x.deal.dossier, err = m.proof(ctx, "项目档案.pdf", "项 目 档 案（演示样张）", []string{
				"项目：" + x.deal.name, "投资方：" + x.deal.lead.name, "内容：执照、备案、用地、开工、竣工、投产材料",
				"本页为演示数据，不具法律效力。",
			}); err != nil {
				return out, err
			}
		}
	}
	for _, x := range today.pays {
		e, err := m.proof(ctx, "凭证-"+x.no+".pdf", "银 行 进 账 单（演示样张）", []string{
			"凭证号：" + x.no, "日期：" + x.day, "付款人：" + x.deal.lead.name,
			"收款人：" + x.deal.name, "金额：" + yuan(x.amount) + " 元", "本页为演示数据，不具法律效力。",
		})
		if err != nil {
			return out, err
		}
		out.vouchers = append(out.vouchers, e)
	}
	return out, nil
}

func (m *maker) proof(ctx context.Context, name, title string, lines []string) (verify.Evidence, error) {
	meta, err := m.Files.Put(ctx, bytes.NewReader(page(title, lines)), name)
	return evidence(meta), err
}

func evidence(meta blob.Meta) verify.Evidence {
	return verify.Evidence{Blob: meta.Digest, Name: meta.Name, Type: meta.Type.MIME(), Size: meta.Size}
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// page writes a one-page PDF with a title and some lines. The Chinese font is named and not embedded: every
// reader has one, and the files stay at a kilobyte.
func page(title string, lines []string) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "0.6 w 60 500 480 300 re S BT /F1 20 Tf 190 760 Td <%s> Tj ET\n", utf16Hex(title))
	for i, l := range lines {
		fmt.Fprintf(&text, "BT /F1 13 Tf 90 %d Td <%s> Tj ET\n", 715-i*34, utf16Hex(l))
	}
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return out.Bytes()
}

// utf16Hex is how the named encoding writes text.
func utf16Hex(s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

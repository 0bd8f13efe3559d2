package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math"

	"zhudian/internal/match"
	"zhudian/internal/verify"
)

// picture puts a drawing of the n-th park on its page: hills, and halls before them.
func (m *maker) picture(ctx context.Context, n int, site string) error {
	var b bytes.Buffer
	if err := png.Encode(&b, scenery(n)); err != nil {
		return err
	}
	meta, err := m.Files.Put(ctx, &b, "园区示意.png")
	if err != nil {
		return err
	}
	_, err = m.Match.AddPhotos(ctx, match.AddPhotos{Site: site, Caption: "园区示意图（演示）", Files: []verify.Evidence{evidence(meta)}})
	return err
}

// scenery draws with few colours, so that the file stays small.
func scenery(n int) image.Image {
	const wide, high = 640, 480
	out := image.NewPaletted(image.Rect(0, 0, wide, high), color.Palette{
		color.RGBA{226, 236, 238, 255},
		color.RGBA{169, 194, 190, 255},
		color.RGBA{111, 150, 140, 255},
		color.RGBA{198, 205, 188, 255},
		color.RGBA{240, 240, 236, 255},
		color.RGBA{15, 92, 99, 255},
		color.RGBA{176, 138, 74, 255},
	})
	f := float64(n)
	for x := range wide {
		at := float64(x)
		far := 190 + int(50*math.Sin(at/(70+f))+22*math.Sin(at/31+f))
		near := 270 + int(30*math.Sin(at/(55+f)+f)+12*math.Sin(at/17))
		for y := range high {
			switch {
			case y > 350:
				out.SetColorIndex(x, y, 3)
			case y > near:
				out.SetColorIndex(x, y, 2)
			case y > far:
				out.SetColorIndex(x, y, 1)
			}
		}
	}
	for i := range 3 + n%3 {
		hall(out, 30+i*(560/(3+n%3)), 320+i%2*50, 100+n*7%40, uint8(5+(i+n)%2)) //nolint:gosec // a colour of the palette
	}
	return out
}

// hall draws one building: a wall, a roof, a row of windows.
func hall(out *image.Paletted, left, top, wide int, roof uint8) {
	for x := left; x < left+wide; x++ {
		for y := top; y < top+60; y++ {
			c := uint8(4)
			switch {
			case y < top+14:
				c = roof
			case y > top+26 && y < top+38 && (x-left)%18 > 6:
				c = 1
			}
			out.SetColorIndex(x, y, c)
		}
	}
}

package hosts

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/fault"
)

// PlacesFile is the name of the operator's file in the data directory: CSV, one
// range a line, either "first,last,country" or "prefix,country", country as two
// letters (CN is the mainland; HK, MO and TW are abroad for Article 24). Lines
// that begin with # and a heading are passed over.
const PlacesFile = "addresses.csv"

const (
	maxPlaces     = 2_000_000
	maxPlacesFile = 256 << 20
)

// block is one range; addresses are compared in their 16-byte form.
type block struct {
	from, to netip.Addr
	country  [2]byte
}

// Places is the file read: which country an address belongs to.
type Places struct {
	blocks []block      // by their first address
	far    []netip.Addr // the last address that any of the blocks up to here holds
	Rows   int
	Made   time.Time // of the file
}

// Country of an address, two letters; "" where the data know none.
func (p *Places) Country(a netip.Addr) string {
	if p == nil {
		return ""
	}
	a = wide(a)
	n, _ := slices.BinarySearchFunc(p.blocks, a, func(b block, a netip.Addr) int {
		if b.from.Compare(a) <= 0 {
			return -1
		}
		return 1
	})
	// Of blocks that overlap, the one that begins last is the narrower.
	for i := n - 1; i >= 0 && p.far[i].Compare(a) >= 0; i-- {
		if p.blocks[i].to.Compare(a) >= 0 {
			return string(p.blocks[i].country[:])
		}
	}
	return ""
}

func wide(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.Unmap().As16()) }

// ReadPlaces reads the file. A line that is no range is refused with its number.
func ReadPlaces(r io.Reader) (*Places, error) { return readPlaces(r, maxPlacesFile) }

func readPlaces(r io.Reader, most int64) (*Places, error) {
	p := &Places{}
	file := &io.LimitedReader{R: r, N: most + 1}
	in := bufio.NewScanner(file)
	in.Buffer(make([]byte, 0, 4096), 64<<10)
	heading := true // none was passed yet
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, ",")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), `"`)
		}
		first := heading
		heading = false
		if first && !strings.ContainsAny(cells[0], ".:") {
			continue
		}
		b, err := readBlock(cells)
		if err != nil {
			return nil, fault.Newf(fault.Invalid, "地址库第 %d 行“%.60s”不能识别，每行应为“起始地址,结束地址,国家代码”或“网段,国家代码”，国家代码是两个字母。", n, strings.ToValidUTF8(line, "?")).From(err)
		}
		if len(p.blocks) == maxPlaces {
			return nil, fault.Newf(fault.TooLarge, "地址库超过 %d 行，请只保留国家一级的地址段。", maxPlaces)
		}
		p.blocks = append(p.blocks, b)
	}
	if err := in.Err(); err != nil {
		return nil, fault.New(fault.Invalid, "地址库有过长的行，请检查文件是不是 CSV。").From(err)
	}
	if file.N == 0 {
		return nil, fault.Newf(fault.TooLarge, "地址库超过 %d MB，请只保留国家一级的地址段。", most>>20)
	}
	if len(p.blocks) == 0 {
		return nil, fault.New(fault.Invalid, "地址库没有一行地址段，请核对文件是不是 UTF-8 编码的 CSV。")
	}
	slices.SortFunc(p.blocks, func(a, b block) int { return cmp.Or(a.from.Compare(b.from), b.to.Compare(a.to)) })
	p.Rows = len(p.blocks)
	for i, b := range p.blocks {
		far := b.to
		if i > 0 && p.far[i-1].Compare(far) > 0 {
			far = p.far[i-1]
		}
		p.far = append(p.far, far)
	}
	return p, nil
}

func readBlock(cells []string) (block, error) {
	var b block
	var country string
	switch len(cells) {
	case 2:
		prefix, err := netip.ParsePrefix(cells[0])
		if err != nil {
			return b, err
		}
		b.from, b.to, country = wide(prefix.Masked().Addr()), wide(last(prefix)), cells[1]
	case 3:
		from, err := netip.ParseAddr(cells[0])
		if err != nil {
			return b, err
		}
		to, err := netip.ParseAddr(cells[1])
		if err != nil {
			return b, err
		}
		if from.BitLen() != to.BitLen() || from.Compare(to) > 0 {
			return b, errors.New("the range ends before it begins")
		}
		b.from, b.to, country = wide(from), wide(to), cells[2]
	default:
		return b, fmt.Errorf("%d cells", len(cells))
	}
	country = strings.ToUpper(country)
	if len(country) != 2 || country[0] < 'A' || country[0] > 'Z' || country[1] < 'A' || country[1] > 'Z' {
		return b, fmt.Errorf("country %.10q", country)
	}
	b.country = [2]byte{country[0], country[1]}
	return b, nil
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr()
	if a.Is4() {
		b := a.As4()
		n := binary.BigEndian.Uint32(b[:]) | uint32(1<<(32-p.Bits())-1)
		binary.BigEndian.PutUint32(b[:], n)
		return netip.AddrFrom4(b)
	}
	b := a.As16()
	for i := p.Bits(); i < 128; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom16(b)
}

// atlas keeps the file read until it changes on the disk.
type atlas struct {
	path string
	mu   sync.Mutex
	read *Places
	err  error
	at   time.Time
	size int64
}

// places is the file as it stands; nil without one.
func (a *atlas) places() (*Places, error) {
	info, err := os.Stat(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("hosts: address data: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if (a.read != nil || a.err != nil) && a.at.Equal(info.ModTime()) && a.size == info.Size() {
		return a.read, a.err
	}
	a.at, a.size = info.ModTime(), info.Size()
	f, err := os.Open(a.path)
	if err != nil {
		return nil, fmt.Errorf("hosts: address data: %w", err)
	}
	defer f.Close()
	a.read, a.err = ReadPlaces(f)
	if a.read != nil {
		a.read.Made = info.ModTime().UTC()
	}
	return a.read, a.err
}

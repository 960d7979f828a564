package official

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

// pdfOf is a file of one page that says the words, with a note beside; lock encrypts the
// bytes of an object where it is not nil, and encrypt is the entry of the trailer.
func pdfOf(words, encrypt string, lock func(num int, data []byte) []byte) []byte {
	content := []byte("BT /F1 12 Tf 72 700 Td (" + words + ") Tj ET")
	note := []byte("note 13912345678")
	if lock != nil {
		content, note = lock(4, content), lock(6, note)
	}
	var b bytes.Buffer
	var at []int
	b.WriteString("%PDF-1.4\n")
	for i, o := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[6 0 R]/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		fmt.Sprintf("<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents <%x>>>", note),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/ID[<00112233><00112233>]%s>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, encrypt, start)
	return b.Bytes()
}

// foldedPDF is a file whose objects lie in a stream of objects, its table in a stream of
// its own.
func foldedPDF(table bool) []byte {
	content := "BT /F1 12 Tf 72 700 Td (Tel 13812345678) Tj ET"
	var b, head, body bytes.Buffer
	rows := make([]byte, 7*8)
	row := func(num int, kind byte, at, no int) {
		rows[7*num] = kind
		binary.BigEndian.PutUint32(rows[7*num+1:], uint32(at))
		binary.BigEndian.PutUint16(rows[7*num+5:], uint16(no))
	}
	b.WriteString("%PDF-1.5\n")
	row(4, 1, b.Len(), 0)
	fmt.Fprintf(&b, "4 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n", len(content), content)
	for i, o := range []struct {
		num  int
		says string
	}{{1, "<</Type/Catalog/Pages 2 0 R>>"}, {2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"}, {3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"}, {5, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}} {
		row(o.num, 2, 6, i)
		fmt.Fprintf(&head, "%d %d ", o.num, body.Len())
		body.WriteString(o.says + " ")
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(append(head.Bytes(), body.Bytes()...))
	z.Close()
	row(6, 1, b.Len(), 0)
	fmt.Fprintf(&b, "6 0 obj\n<</Type/ObjStm/N 4/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n", head.Len(), packed.Len(), packed.Bytes())
	start := b.Len()
	row(7, 1, start, 0)
	if !table {
		start = 3
	}
	fmt.Fprintf(&b, "7 0 obj\n<</Type/XRef/Size 8/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows), rows, start)
	return b.Bytes()
}

// lockAES encrypts as AES-CBC with a vector of ones does.
func lockAES(key, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	data = append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := bytes.Repeat([]byte{1}, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return append(iv, data...)
}

// aes256 is the words under AES-256, whose empty user password opens them.
func aes256(revision int, words string) []byte {
	key := bytes.Repeat([]byte{7, 9}, 16)
	salts := []byte("validatekeysalts")
	user := append(hashOfPassword(revision, salts[:8]), salts...)
	wrap, err := aes.NewCipher(hashOfPassword(revision, salts[8:]))
	if err != nil {
		panic(err)
	}
	wrapped := make([]byte, 32)
	cipher.NewCBCEncrypter(wrap, make([]byte, 16)).CryptBlocks(wrapped, key)
	perms := make([]byte, 16)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	block.Encrypt(perms, []byte("\xfc\xff\xff\xff\xff\xff\xff\xffTadbrand"))
	return pdfOf(words, fmt.Sprintf("/Encrypt<</Filter/Standard/V 5/R %d/Length 256/P -4/CF<</StdCF<</AuthEvent/DocOpen/CFM/AESV3/Length 32>>>>/StmF/StdCF/StrF/StdCF/O<%x>/OE<%x>/U<%x>/UE<%x>/Perms<%x>>>", revision, user, wrapped, user, wrapped, perms),
		func(_ int, data []byte) []byte { return lockAES(key, data) })
}

// aes128 is the words under AES-128, or under RC4 by a crypt filter.
func aes128(method, words string) []byte {
	owner := bytes.Repeat([]byte{5}, 32)
	l := &pdfLock{method: method}
	h := md5.New()
	h.Write(passwordPad)
	h.Write(owner)
	h.Write([]byte{0xfc, 0xff, 0xff, 0xff})
	id := []byte{0, 0x11, 0x22, 0x33}
	h.Write(id)
	key := h.Sum(nil)
	for range 50 {
		next := md5.Sum(key)
		key = next[:]
	}
	l.key = key
	sum := md5.Sum(append(bytes.Clone(passwordPad), id...))
	user := sum[:]
	for i := range 20 {
		turned := bytes.Clone(key)
		for k := range turned {
			turned[k] ^= byte(i)
		}
		user = byRC4(turned, user)
	}
	return pdfOf(words, fmt.Sprintf("/Encrypt<</Filter/Standard/V 4/R 4/Length 128/P -4/CF<</StdCF<</AuthEvent/DocOpen/CFM/%s/Length 16>>>>/StmF/StdCF/StrF/StdCF/O<%x>/U<%x>>>", method, owner, append(user, make([]byte, 16)...)),
		func(num int, data []byte) []byte {
			h := md5.New()
			h.Write(key)
			h.Write([]byte{byte(num), byte(num >> 8), 0, 0, 0})
			if method == "V2" {
				return byRC4(h.Sum(nil), data)
			}
			h.Write([]byte("sAlT"))
			return lockAES(h.Sum(nil), data)
		})
}

// What readers of PDF open is read: new versions, bytes around the file, tables that are
// broken or lead in circles, objects in streams, and what is encrypted for nobody.
func TestPDFThatReadersOpen(t *testing.T) {
	const words = "Tel 13812345678"
	plain := string(pdfOf(words, "", nil))
	start := plain[strings.LastIndex(plain, "startxref\n")+len("startxref\n") : strings.LastIndex(plain, "\n%%EOF")]
	for name, body := range map[string][]byte{
		"plain":              []byte(plain),
		"version 2.0":        []byte(strings.Replace(plain, "%PDF-1.4", "%PDF-2.0", 1)),
		"blank after head":   []byte(strings.Replace(plain, "%PDF-1.4\n", "%PDF-1.4 ", 1)),
		"byte order mark":    []byte("\xef\xbb\xbf" + plain),
		"bytes after it":     []byte(plain + strings.Repeat("\x00", 400)),
		"no end":             []byte(strings.TrimSuffix(plain, "%%EOF\n")),
		"wrong start":        []byte(strings.Replace(plain, "startxref\n", "startxref\n9", 1)),
		"lines of CR":        []byte(strings.ReplaceAll(strings.Replace(plain, "startxref\n", "startxref\n9", 1), "obj\n", "obj\r")),
		"table in circles":   []byte(strings.Replace(plain, "/Root", "/Prev "+start+"/Root", 1)),
		"length elsewhere":   []byte(strings.Replace(strings.Replace(plain, "startxref\n", "startxref\n9", 1), fmt.Sprintf("/Length %d", len(words)+len("BT /F1 12 Tf 72 700 Td () Tj ET")), "/Length 9 0 R", 1)),
		"changed later":      []byte(strings.Replace(string(pdfOf("Old words", "", nil)), "startxref\n", "startxref\n9", 1) + fmt.Sprintf("4 0 obj\n<</Length 9>>\nstream\nBT /F1 12 Tf (%s) Tj ET\nendstream\nendobj\n", words)),
		"objects in streams": foldedPDF(true),
		"the same, no table": foldedPDF(false),
		"AES-256":            aes256(6, words),
		"AES-256, older":     aes256(5, words),
		"AES-128":            aes128("AESV2", words),
		"RC4 by a filter":    aes128("V2", words),
	} {
		w, err := ReadWords(context.Background(), bytes.NewReader(body), int64(len(body)), "a.pdf", TextLimits{})
		if err != nil || !strings.Contains(w.Text, "13812345678") || len(w.Unread) > 0 {
			t.Errorf("%s: %q, %v, %v", name, w.Text, w.Unread, err)
		}
		if !strings.Contains(name, "stream") && !strings.Contains(name, "table") && !strings.Contains(w.Text, "13912345678") {
			t.Errorf("%s: the note is missing in %q", name, w.Text)
		}
	}
}

// What nobody can open, and letters that mean nothing, are told as such.
func TestPDFThatCannotBeRead(t *testing.T) {
	locked := bytes.Replace(aes256(6, "Tel 13812345678"), []byte("76616c6964617465"), []byte("76616c6964617466"), 2)
	for name, tt := range map[string]struct {
		body []byte
		says string
	}{
		"password":         {locked, "要密码才能打开"},
		"nothing":          {[]byte("%PDF-1.4 broken"), "已损坏"},
		"no catalogue":     {[]byte("%PDF-1.4\n1 0 obj\n<</Type/Page>>\nendobj\n"), "已损坏"},
		"strings unclosed": {[]byte("%PDF-1.4\n" + strings.Repeat("1 0 obj (", 20000)), "已损坏"},
		"letters unknown":  {pdfOf(`\001\002\003\004\005 13812345678`, "", nil), ""},
		"mostly unknown":   {pdfOf(strings.Repeat(`\001\002\003\004\005`, 9)+" 13812345678", "", nil), "第1页的字体没有写明对应的文字"},
	} {
		_, err := Text(bytes.NewReader(tt.body), int64(len(tt.body)), "a.pdf", TextLimits{})
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v, wants %q", name, err, tt.says)
		}
	}
}

// The effort is bounded by the length of the file, whatever stands in it.
func TestMendingIsBounded(t *testing.T) {
	for name, part := range map[string]string{
		"heads without end":        "obj",
		"strings unclosed, behind": "1 0 obj(",
	} {
		body := []byte("1 0 obj\n<</Type/Catalog>>\nendobj\n" + strings.Repeat(" ", 4<<20) + strings.Repeat(part, (4<<20)/len(part)))
		m := &pdfMender{b: body, left: mostRescans*len(body) + 1<<20, inflate: mostInflated, objects: map[int]*pdfObject{}}
		budget := m.left
		if err := m.scan(); err != nil && m.left >= 0 {
			t.Errorf("%s: %v", name, err)
		}
		if m.left > budget {
			t.Errorf("%s: %d of %d left", name, m.left, budget)
		}
	}
}

// The hash of this salt ends in its 68th round, whose last byte is 68 less 32: reckoned
// beside this program by ISO 32000-2, 7.6.4.3.4.
func TestHashOfPasswordEndsAtTheBound(t *testing.T) {
	const want = "c76f0645ee564e6d0d00ddd8070e07bba2dd739220fb290215a3634cee4f5c6d"
	if got := fmt.Sprintf("%x", hashOfPassword(6, []byte("00000008"))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzMendPDF(f *testing.F) {
	f.Add(pdfOf("a", "", nil))
	f.Add(foldedPDF(false))
	f.Add(aes256(6, "a"))
	f.Add(aes128("AESV2", "a"))
	f.Add([]byte("1 0 obj (\\"))
	f.Add([]byte("1 0 obj <</Type/Catalog/X(\\1\\\r)/Y<4>>>stream\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<20 {
			return
		}
		slow := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("hangs on %q", body)) })
		defer slow.Stop()
		if out, err := mendPDF(body); err == nil && len(out) > 16<<20 {
			t.Fatalf("%d bytes of %d", len(out), len(body))
		}
	})
}

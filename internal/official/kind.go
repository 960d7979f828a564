package official

import (
	"archive/zip"
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
)

// kinds are the formats a server may name in the type of its answer.
var kinds = map[string]string{
	"application/pdf": ".pdf", "application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/rtf": ".rtf", "text/rtf": ".rtf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.oasis.opendocument.text":                                   ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
	"application/vnd.ms-works": ".wps", "application/wps-office.wps": ".wps", "application/wps-office.et": ".et", "application/ofd": ".ofd",
	"application/vnd.rar": ".rar", "application/x-rar-compressed": ".rar", "application/x-7z-compressed": ".7z",
	"text/csv": ".csv", "text/tab-separated-values": ".tsv", "text/plain": ".txt",
}

// packedKinds are told by a part that every such file holds.
var packedKinds = map[string]string{"word/document.xml": ".docx", "xl/workbook.xml": ".xlsx", "ppt/presentation.xml": ".pptx", "ofd.xml": ".ofd"}

// KindOf tells the format of a file without an extension that says it, by its
// first bytes and then by the type its server names; the answer is an extension
// with its dot, "" where neither is known. Only a ZIP is looked into, at its
// directory.
func KindOf(contentType string, b []byte) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	named := kinds[strings.ToLower(strings.TrimSpace(media))]
	starts := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case starts("%PDF-"):
		return ".pdf"
	case starts("PK\x03\x04"):
		return packedKind(b)
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		// One container for all of the old office; what lies in it the server says.
		if oldFormats[named] != "" {
			return named
		}
		return ".doc"
	case starts(`{\rtf`):
		return ".rtf"
	case starts("Rar!\x1a\x07"):
		return ".rar"
	case starts("7z\xbc\xaf\x27\x1c"):
		return ".7z"
	case starts("\x1f\x8b"):
		return ".gz"
	case starts("\x89PNG\r\n\x1a\n"):
		return ".png"
	case starts("\xff\xd8\xff"):
		return ".jpg"
	case starts("GIF8"):
		return ".gif"
	}
	switch named {
	case ".csv", ".tsv", ".txt":
		return named
	case ".rar", ".7z":
		return "" // it says so itself, or is none
	}
	if named == "" || utf8.Valid(b[:min(len(b), 512)]) {
		return "" // a name for bytes that are something else: an error in words
	}
	return named
}

func packedKind(b []byte) string {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return ".zip" // its reader says what is wrong with it
	}
	for _, f := range z.File[:min(len(z.File), maxParts)] {
		if kind := packedKinds[strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))]; kind != "" {
			return kind
		}
	}
	return ".zip"
}

package signin_test

import (
	"testing"

	"zhengshu/internal/signin"
)

func FuzzHash(f *testing.F) {
	for _, s := range []string{signin.Nobody, "", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA", "$argon2i$v=19$m=1,t=1,p=1$$", "$$$$$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { _ = signin.DecodeHash(s) })
}

func FuzzCodec(f *testing.F) {
	for _, s := range []string{`{"deadline":"2026-11-23T01:00:00Z","values":{"login":"x"}}`, `{}`, `[]`, `{"values":{"login":1}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		deadline, values, err := signin.Codec{}.Decode(b)
		if err != nil {
			return
		}
		for k, v := range values {
			if _, ok := v.(string); !ok {
				t.Fatalf("%s is a %T", k, v)
			}
		}
		if _, err := (signin.Codec{}).Encode(deadline, values); err != nil && deadline.Year() < 10000 && deadline.Year() >= 0 {
			t.Fatal(err)
		}
	})
}

package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"zhengshu/internal/fault"
)

// cost is the price of one password guess.
type cost struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// present is the cost of new hashes: 19 MiB, two passes, one lane (OWASP's
// floor for argon2id). Older hashes are made anew at the next sign-in.
var present = cost{memory: 19 << 10, time: 2, lanes: 1}

const (
	// MinPassword and MaxPassword bound a password, in characters. The upper
	// bound keeps hashing cheap for us.
	MinPassword = 10
	MaxPassword = 128

	saltBytes = 16
	hashBytes = 32
	// A hash asking for more than this did not come from us.
	maxMemory = 256 << 10
	maxTime   = 16
)

var errHash = errors.New("signin: malformed password hash")

// slots bounds how many passwords are hashed at once: 19 MiB each.
var slots = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("signin: draw salt: %w", err)
	}
	sum, err := derive(ctx, password, salt, present)
	if err != nil {
		return "", err
	}
	return encodeHash(present, salt, sum), nil
}

func derive(ctx context.Context, password string, salt []byte, c cost) ([]byte, error) {
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-slots }()
	return argon2.IDKey([]byte(password), salt, c.time, c.memory, c.lanes, hashBytes), nil
}

func encodeHash(c cost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.lanes, b.EncodeToString(salt), b.EncodeToString(sum))
}

func decodeHash(encoded string) (c cost, salt, sum []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(encoded) > 256 || len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil {
		return c, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(sum) != hashBytes ||
		c.memory < 8 || c.memory > maxMemory || c.time < 1 || c.time > maxTime || c.lanes < 1 {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}

// nobody is the hash verified for a name that does not exist, so that the
// answer takes as long. No password has it: its sum was never derived.
var nobody = encodeHash(present, make([]byte, saltBytes), make([]byte, hashBytes))

// verify compares in constant time; stale asks for a new hash.
func verify(ctx context.Context, encoded, password string) (ok, stale bool, err error) {
	c, salt, want, err := decodeHash(encoded)
	if err != nil {
		return false, false, err
	}
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // takes its time, matches nothing
	}
	got, err := derive(ctx, password, salt, c)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && password != "", c != present, nil
}

// trivial are passwords everybody tries first, in lower case; ten characters
// or more, since shorter ones are refused anyway.
var trivial = []string{
	"1234567890", "0123456789", "9876543210", "0987654321", "123456789a", "a123456789", "123456789abc", "1234567890a",
	"1q2w3e4r5t", "1qaz2wsx3edc", "1qaz@wsx3edc", "1qaz!qaz2wsx", "q1w2e3r4t5", "qwertyuiop", "qwerty123456", "qwer1234asdf", "asdfghjkl1", "zxcvbnm123",
	"password12", "password123", "password1234", "password@123", "p@ssw0rd123", "p@ssword123", "passw0rd123", "administrator", "admin12345", "admin123456", "admin@12345", "admin@123456",
	"root123456", "test123456", "abc1234567", "abcd123456", "abcd@123456", "abc123456789", "aa123456789", "aa12345678", "qq123456789", "woaini1314", "woaini520520", "5201314520", "1314520520",
	"zhengfu123", "zhengfu123456", "zhengwu123456", "zhengshu123", "zhengshu123456", "shaanxi123", "shanxi123456", "xian123456", "gov123456789", "welcome123", "iloveyou123", "changeme123", "letmein1234", "zaq12wsxcde3", "huawei@123", "huawei12#$", "admin@huawei", "p@ssw0rd2026", "password2026",
}

// CheckPassword says why a password is too weak for the login, as a fault on
// the field "password"; nil when it will do.
func CheckPassword(login, password string) error {
	n := utf8.RuneCountInString(password)
	refuse := func(says string) error {
		return fault.New(fault.Invalid, says).On("password", says)
	}
	switch {
	case !utf8.ValidString(password):
		return refuse("密码含有无法识别的字符，请改用字母、数字和符号。")
	case n < MinPassword:
		return refuse(fmt.Sprintf("密码只有 %d 个字符，太短；请设置至少 %d 个字符。", n, MinPassword))
	case n > MaxPassword:
		return refuse(fmt.Sprintf("密码超过 %d 个字符，请缩短。", MaxPassword))
	}
	lower := strings.ToLower(password)
	if slices.Contains(trivial, lower) || runs(lower) {
		return refuse("这个密码太常见，容易被猜中；请换一个不含连续或重复字符的密码。")
	}
	if login != "" && strings.Contains(lower, strings.ToLower(login)) {
		return refuse("密码中含有登录名，容易被猜中；请换一个。")
	}
	if n < 16 && classes(password) < 2 {
		return refuse("密码只有一类字符；请同时使用字母、数字、符号中的至少两类，或设置 16 个字符以上的长密码。")
	}
	return nil
}

// runs reports whether at most three different characters, or one single run
// up or down (abcdefghij), make the whole password.
func runs(s string) bool {
	r := []rune(s)
	seen := map[rune]bool{}
	up, down := true, true
	for i, c := range r {
		seen[c] = true
		if i > 0 {
			up, down = up && c == r[i-1]+1, down && c == r[i-1]-1
		}
	}
	return len(seen) <= 3 || up || down
}

// classes counts letters, figures and everything else; two cases count as two.
func classes(s string) int {
	var lower, upper, digit, other int
	for _, c := range s {
		switch {
		case unicode.IsDigit(c):
			digit = 1
		case unicode.IsUpper(c):
			upper = 1
		case unicode.IsLower(c):
			lower = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}

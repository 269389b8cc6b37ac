module moretta

go 1.25

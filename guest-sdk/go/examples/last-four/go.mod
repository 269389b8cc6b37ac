module last-four

go 1.25

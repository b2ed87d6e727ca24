DROP TABLE coupon_uses;
DROP TABLE coupons;
DROP TABLE coupon_pools;
